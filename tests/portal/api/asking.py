"""Decision requests, for the tests of the evaluation endpoints."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.test import APIClient

ONE = "/access/v1/evaluation"
MANY = "/access/v1/evaluations"


def entity(kind: str, key: str) -> dict[str, str]:
    return {"type": kind, "id": key}


def question(subject: str = "nora", action: str = "view", resource: str = "truck-7", **rest: Any) -> dict[str, Any]:
    return {
        "subject": entity("user", subject),
        "action": {"name": action},
        "resource": entity("device", resource),
        **rest,
    }


def ask(client: APIClient, body: Any, path: str = ONE, **headers: str):
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post(path, text, content_type="application/json", **headers)


def decisions(answer) -> list[bool]:
    """The decisions of a batch's answer."""
    assert answer.status_code == 200, answer.content
    return [one["decision"] for one in answer.json()["evaluations"]]
