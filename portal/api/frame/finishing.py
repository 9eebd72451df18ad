"""The last touches to the OpenAPI document: what drf-spectacular cannot read from views and payloads."""

from __future__ import annotations

from typing import Any

from portal.api.frame.schema import ERRORS, OF_DECISIONS
from portal.open_shapes import Schema
from portal.problems import MEDIA_TYPE


def finish_document(result: Schema, **_: Any) -> Schema:
    """Put the errors that all operations share into the document, once: a hook of drf-spectacular."""
    document = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    sentence = {"application/json": {"schema": {"type": "string"}}}
    result["components"]["responses"] = {
        **{f"Problem{code}": {"description": about, "content": document} for code, about in ERRORS.items()},
        **{f"Sentence{code}": {"description": ERRORS[code], "content": sentence | document} for code in OF_DECISIONS},
    }
    for operation in (one for path in result["paths"].values() for one in path.values()):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and parameter["schema"].get("format") == "date-time":
                parameter["allowEmptyValue"] = True  # an empty field of a form of filters: any time
    for name, schema in result["components"]["schemas"].items():
        if name == "ChosenTokens":  # exactly one of them
            schema |= {"minProperties": 1, "maxProperties": 1}
        if name == "PatchedOutput":  # which output, and how it is switched
            schema["required"] = ["name", "data"]
        if name.startswith("Patched"):
            schema["minProperties"] = 1
        if name.endswith("OrName"):  # the thing has all that its name has, so it is both
            schema["anyOf"] = schema.pop("oneOf")
    close_bodies(result)
    return result


def close_bodies(result: Schema) -> None:
    """Say of every body that it holds nothing else, as payloads refuse what they do not know; AuthZEN ignores that."""
    schemas = result["components"]["schemas"]
    bodies = [one["requestBody"] for path, methods in result["paths"].items() if path.startswith("/api/")
              for one in methods.values() if "requestBody" in one]  # fmt: skip
    waiting, seen = _named_in(bodies), set()
    while waiting:
        name = waiting.pop()
        if name not in seen and "properties" in schemas[name]:
            schemas[name]["additionalProperties"] = False
            waiting |= _named_in(schemas[name])
        seen.add(name)


def _named_in(part: Any) -> set[str]:
    """The components that a part of the document refers to."""
    if isinstance(part, dict):
        own = {str(part["$ref"]).rpartition("/")[2]} if "$ref" in part else set()
        return own.union(*(_named_in(one) for one in part.values()))
    return set().union(*(_named_in(one) for one in part)) if isinstance(part, list) else set()
