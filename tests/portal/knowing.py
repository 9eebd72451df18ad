"""A program that looks before it writes: a change of a thing names the state that the program has just read."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.test import APIClient


class KnowingClient(APIClient):
    """Reads what it is about to replace and sends the tag along, unless the call says itself what was seen."""

    def put(self, path: str, data: Any = None, *args: Any, **rest: Any) -> HttpResponse:
        return super().put(path, data, *args, **self.with_tag(path, rest))

    def patch(self, path: str, data: Any = None, *args: Any, **rest: Any) -> HttpResponse:
        lists = isinstance(data, dict) and any(isinstance(value, list | dict) for value in data.values())
        return super().patch(path, data, *args, **(self.with_tag(path, rest) if lists else rest))

    def with_tag(self, path: str, rest: dict[str, Any]) -> dict[str, Any]:
        if any(name.upper() in ("HTTP_IF_MATCH", "IF-MATCH") for name in {**rest, **(rest.get("headers") or {})}):
            return rest
        headers = {name: value for name, value in rest.items() if name.startswith("HTTP_") or name == "headers"}
        tag = self.get(path, **headers).get("ETag")
        return {**rest, "HTTP_IF_MATCH": tag} if tag else rest
