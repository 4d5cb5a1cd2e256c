"""What the document says of the answers of an operation, with examples that the program itself made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from app.api import answers, examples, problems
from app.api.problems import Problem, RequestError
from app.domain.errors import StandpointError

Fact = StandpointError | RequestError
Responses = dict[int | str, dict[str, Any]]


def success(
    status: int,
    description: str,
    example: BaseModel | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Responses:
    """`headers` by name, with what they say; `files` are other forms, as `file` has them."""
    response: dict[str, Any] = {"description": description}
    if example is not None:
        response["content"] = {"application/json": {"example": example.model_dump(mode="json")}}
    if headers:
        response["headers"] = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
    if files:
        response["content"] |= _content(files)
    return {status: response}


def file(description: str, examples: Mapping[str, str]) -> Responses:
    """`examples` by media type; of a binary form the empty text."""
    return {200: {"description": description, "content": _content(examples)}}


def _content(examples: Mapping[str, str]) -> dict[str, Any]:
    content = {media: {"schema": {"type": "string"}, "example": example} for media, example in examples.items() if example}
    binary = {media: {"schema": {"type": "string", "format": "binary"}} for media, example in examples.items() if not example}
    return content | binary


def failures(*facts: Fact) -> Responses:
    """Each fact is an example; those with the same status share one response."""
    found: Responses = {}
    for fact in (*facts, *examples.ANYWHERE):
        problem = answers.describe(fact, request_id=examples.REQUEST_ID)
        response = found.setdefault(problem.status, _response())
        shown = {"summary": problem.title, "value": problem.model_dump(mode="json", exclude_none=True)}
        response["content"][problems.MEDIA_TYPE]["examples"][_name(problem)] = shown
        response["description"] = _joined(response["description"], problem.title)
    return found


def _response() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "", "content": {problems.MEDIA_TYPE: {"schema": schema, "examples": {}}}}


def _name(problem: Problem) -> str:
    """`invalid-request-query-limit`: the type, and what the example blames."""
    blamed = [step for error in problem.errors[:1] for step in error.pointer.split("/")[1:]]
    return "-".join([problem.type.removeprefix(problems.TYPE_PREFIX), *blamed])


def _joined(description: str, title: str) -> str:
    return f"{description} {title}.".strip() if f"{title}." not in description else description
