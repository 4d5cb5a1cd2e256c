"""What FastAPI's schemas lack for a client that is generated from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

LARGEST_INT32 = 2**31 - 1

Schema = dict[str, Any]


def refine(document: Schema) -> None:
    """Changes all schemas of the document in place."""
    for schema in _schemas(document):
        _say_the_width_of_numbers(schema)
        _drop_impossible_default(schema)


def never_null(schema: Schema) -> Schema:
    """A parameter can be left out, but no query can say null."""
    if "anyOf" not in schema:
        return schema
    kept = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**kept[0], **rest} if len(kept) == 1 else {"anyOf": kept, **rest}


def restore_nulls(content: Schema) -> None:
    """FastAPI drops null wherever it finds it, in examples too; so JSON examples reach it as text (see `responses.success`)."""
    for media_type, media in content.items():
        if media_type == "application/json" and isinstance(media.get("example"), str):
            media["example"] = json.loads(media["example"])


def _schemas(value: Any) -> Iterator[Schema]:
    """Everything with a type. Examples are values and no schemas, whatever names they have."""
    if isinstance(value, list):
        for inner in value:
            yield from _schemas(inner)
    elif isinstance(value, dict):
        if isinstance(value.get("type"), str | list):
            yield value
        for name, inner in value.items():
            if name not in ("example", "examples", "default", "enum", "const"):
                yield from _schemas(inner)


def _say_the_width_of_numbers(schema: Schema) -> None:
    """Java, Go and others read `integer` alone as 32 bits, and what does not fit fails only once it is there."""
    if schema["type"] == "integer":
        fits = schema.get("maximum", LARGEST_INT32 + 1) <= LARGEST_INT32 and schema.get("minimum", 0) >= -LARGEST_INT32
        schema.setdefault("format", "int32" if fits else "int64")
    if schema["type"] == "number":
        schema.setdefault("format", "double")


def _drop_impossible_default(schema: Schema) -> None:
    """A field that may be left out but is never null has no default to state."""
    if schema.get("default", "") is None and "null" not in schema["type"]:
        del schema["default"]
