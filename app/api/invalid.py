"""What pydantic found wrong, in words that never repeat what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import PydanticCustomError

from app.api.problems import ProblemError

MAX_ERRORS = 20
"""Parts named in one problem. A person mends a few at a time; a hostile list of thousands shall not be answered in kind."""

MAX_NAME = 64
"""Characters of an unknown name that is compared with known ones; comparing is quadratic, and real names are shorter."""

OWN = "standpoint"
"""The pydantic error type of the project's own validators, whose messages are constant."""

# Messages of pydantic may quote the input, so only these are used; `{...}` come from the constraint, never from the value.
DETAILS: Mapping[str, str] = {
    "missing": "is required",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "list_type": "must be a JSON array",
    "string_type": "must be a string",
    "string_too_short": "must have at least {min_length} character(s)",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_parsing_size": "must be an integer within bounds",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be greater than {gt}",
    "less_than": "must be less than {lt}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "uuid_parsing": "must be a UUID",
    "uuid_type": "must be a UUID",
}


def refuse(detail: str) -> PydanticCustomError:
    """What a validator of the wire models raises. `detail` is a constant of the program and goes to the client as it is."""
    return PydanticCustomError(OWN, "{detail}", {"detail": detail})


def parts(found: Sequence[Mapping[str, Any]], *, known: Sequence[str]) -> list[ProblemError]:
    """`known` are the names that a body of this operation may hold."""
    return [_part(error, known) for error in found[:MAX_ERRORS]]


def near(name: str, known: Sequence[str]) -> str:
    """A hint at the known name that was probably meant."""
    meant = get_close_matches(name[:MAX_NAME], known, n=1)
    return f"; did you mean {meant[0]}?" if meant else ""


def _part(error: Mapping[str, Any], known: Sequence[str]) -> ProblemError:
    location = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        hint = near(str(location[-1]), known)
        return ProblemError(pointer=pointer(location[:-1]), detail=f"has a field that this request does not know{hint}")
    return ProblemError(pointer=pointer(location), detail=_detail(error))


def _detail(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    if error["type"] == OWN:
        return str(context["detail"])
    return DETAILS.get(error["type"], "cannot be used").format(**context)


def pointer(location: Sequence[str | int]) -> str:
    """`("body", "targets", 0)` is `#/targets/0`; `("query", "limit")` is `#/query/limit`."""
    where = location[1:] if location and location[0] == "body" else location
    return "#" + "".join(f"/{_escaped(str(step))}" for step in where)


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
