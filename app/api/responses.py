"""What the document says of the answers of an operation, with examples that the program itself made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from app.api import answers, examples, problems
from app.api.problems import Problem, RequestError
from app.domain.errors import StandpointError

Fact = StandpointError | RequestError
NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"
Responses = dict[int | str, dict[str, Any]]


def success(
    status: int,
    description: str,
    example: BaseModel | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    lines: Mapping[str, str] | None = None,
    line: type[BaseModel] | None = None,
) -> Responses:
    """`headers` by name, with what they say; `lines` is the same as a file, as `file` has it."""
    response: dict[str, Any] = {"description": description}
    if example is not None:
        # The schema too: FastAPI knows it only for the status that the operation has by default.
        schema = {"$ref": f"#/components/schemas/{type(example).__name__}"}
        response["content"] = {"application/json": {"schema": schema, "example": example.model_dump_json()}}
    if headers:
        response["headers"] = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
    if lines and line:
        response["content"] |= _content(lines, line)
    return {status: response}


def file(description: str, examples: Mapping[str, str], line: type[BaseModel]) -> Responses:
    """`examples` by media type; of a form that nobody can read the empty text. `line` is what one of NDJSON holds."""
    return {200: {"description": description, "content": _content(examples, line)}}


def _content(examples: Mapping[str, str], line: type[BaseModel]) -> dict[str, Any]:
    return {media: _form(media, example, line) for media, example in examples.items()}


def stream(item: type[BaseModel], example: str) -> dict[str, Any]:
    """OpenAPI 3.1 knows no streams: as a binary file a generated client hands them on as they come, instead of reading a text."""
    reference = {"$ref": f"#/components/schemas/{item.__name__}"}
    return {"schema": {"type": "string", "format": "binary"}, "x-item-schema": reference, "example": example}


def _form(media_type: str, example: str, line: type[BaseModel]) -> dict[str, Any]:
    if media_type == NDJSON:
        return stream(line, example)
    form: dict[str, Any] = {"schema": {"type": "string"} if media_type == "text/csv" else {"type": "string", "format": "binary"}}
    return {**form, "example": example} if example else form


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
