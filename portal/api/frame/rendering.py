"""In which forms answers are given: JSON, problem documents, and the pages that show both to people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer

from portal.api.frame.preconditions import ETAG, IF_MATCH
from portal.open_shapes import GivenContext, LibraryContext
from portal.problems import MEDIA_TYPE as PROBLEM
from portal.problems import WrongParameter


class Negotiation(DefaultContentNegotiation):
    """How the form of an answer is chosen; a `format` that there is not is a wrong parameter."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        valid = [one.format for one in renderers]
        if format not in valid:
            sentence = f"“{format[:100]}” is not a form of the answer here. Valid: {', '.join(valid)}."
            raise WrongParameter({"format": [sentence]})
        return super().filter_renderers(renderers, format)


class ProblemRenderer(JSONRenderer):
    """How an error is written; never negotiated, as nobody asks for an error."""

    media_type = PROBLEM


class BrowsableRenderer(BrowsableAPIRenderer):
    """The pages that show an answer as programs get it."""

    def get_default_renderer(self, view: Any) -> Any:
        told = self.renderer_context["response"].exception  # type: ignore[attr-defined]
        return ProblemRenderer() if told else super().get_default_renderer(view)

    def get_context(self, data: Any, accepted_media_type: str | None, renderer_context: GivenContext) -> LibraryContext:
        """Also the tag that programs get, which the page's forms send back: they are about what it shows."""
        context = super().get_context(data, accepted_media_type, renderer_context)
        request = renderer_context["request"]
        tag = getattr(renderer_context["view"], "tag", "") or request.headers.get(IF_MATCH, "")
        shown = {**context["response_headers"], **({ETAG: tag} if tag else {})}
        return {**context, "response_headers": shown, "tag": tag}
