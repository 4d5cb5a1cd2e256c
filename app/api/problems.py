"""The one table from what went wrong to status, `type` and title, and the answers made from it (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain import errors

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:problem-type:standpoint:"


class ProblemError(BaseModel):
    """One thing that is wrong with the request."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(
        description=(
            "Where: a JSON Pointer in URI fragment form into the body (`#/text`), or `#/query/NAME`, `#/path/NAME`, `#/header/NAME` "
            "for a parameter. Names that the service does not know are never repeated; their parent is named."
        ),
        max_length=1000,
        examples=["#/published_at"],
    )
    detail: str = Field(
        description="What is wrong there, without the value.", max_length=1000, examples=["must be a date or an RFC 3339 time with offset"]
    )


class Problem(BaseModel):
    """Any answer that is not a success, as RFC 9457 has it. Programs should look at `type`, which never changes."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="Which problem this is; docs/problems.md lists them.", json_schema_extra={"format": "uri"})
    title: str = Field(description="The type in words.")
    status: int = Field(description="The HTTP status, repeated.", ge=400, le=599)
    detail: str = Field(description="What happened this time.")
    instance: str = Field(
        description="This occurrence: `urn:request:` and the id that `X-Request-ID` carries and the log names.",
        json_schema_extra={"format": "uri"},
    )
    errors: list[ProblemError] = Field(
        description="What is wrong where, if single parts of the request are at fault; else empty.", max_length=100
    )
    article_id: str | None = Field(
        default=None,
        description="With `article-conflict`: the stored article that has the same identity.",
        json_schema_extra={"format": "uuid"},
    )


@dataclass(frozen=True, slots=True)
class ProblemType:
    status: HTTPStatus
    slug: str
    title: str
    meaning: str

    @property
    def uri(self) -> str:
        return TYPE_PREFIX + self.slug


class RequestError(Exception):
    """A fact about HTTP itself, which the domain does not know."""

    def __init__(self, problem_type: ProblemType, detail: str, *found: ProblemError) -> None:
        super().__init__(detail)
        self.problem_type = problem_type
        self.detail = detail
        self.errors = found


MALFORMED_JSON = ProblemType(
    HTTPStatus.BAD_REQUEST,
    "malformed-json",
    "The body is not JSON that can be read",
    "Not UTF-8, not JSON, `NaN` or `Infinity`, a name twice in one object, nesting or numbers past the limits. Send it differently.",
)
NOT_FOUND = ProblemType(HTTPStatus.NOT_FOUND, "not-found", "Nothing is here", "No route has this path. See `/docs` for those that exist.")
METHOD_NOT_ALLOWED = ProblemType(
    HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not allowed here", "`Allow` names the methods of this path."
)
BODY_TOO_LARGE = ProblemType(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "body-too-large",
    "The body is too large",
    "The body has more bytes than `STANDPOINT_BODY_LIMIT`; it was not read to its end.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "unsupported-media-type",
    "The body is not sent as JSON",
    "Send `Content-Type: application/json`, in UTF-8 and without a `Content-Encoding`.",
)
INVALID_REQUEST = ProblemType(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid-request",
    "The request does not have the form that this operation takes",
    "A field or parameter is missing, unknown, of the wrong type or out of bounds; `errors` says which.",
)
HTTP_ERROR = ProblemType(HTTPStatus.BAD_REQUEST, "bad-request", "The request cannot be served", "What HTTP asks for was not met.")
INTERNAL_ERROR = ProblemType(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal-error",
    "The service failed",
    "A fault of the service, not of the request. The log has it under the id in `instance`.",
)

_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY

# Every class of StandpointError stands here itself, so that a new one needs a decision and not only a parent.
TABLE: Mapping[type[errors.StandpointError], ProblemType] = {
    errors.StandpointError: INTERNAL_ERROR,
    errors.InvalidText: ProblemType(_UNPROCESSABLE, "invalid-text", "The text cannot be used", "`errors` says which field and why."),
    errors.EmptyText: ProblemType(_UNPROCESSABLE, "empty-text", "The text is empty", "The text holds nothing but white space."),
    errors.TextTooLong: ProblemType(
        _UNPROCESSABLE, "text-too-long", "The text is too long", "The text has more characters than `STANDPOINT_TEXT_LIMIT`."
    ),
    errors.ForbiddenCharacter: ProblemType(
        _UNPROCESSABLE,
        "forbidden-character",
        "A string holds a character that cannot be stored",
        "NUL, or half of a surrogate pair alone. `errors` says where.",
    ),
    errors.UnsupportedLanguage: ProblemType(
        _UNPROCESSABLE,
        "unsupported-language",
        "The model does not know this language",
        "The stated or clearly detected language is not among those of the model. A text too short to tell is accepted as `und`.",
    ),
    errors.UnknownCountry: ProblemType(
        _UNPROCESSABLE, "unknown-country", "There is no such country code", "Codes are ISO 3166-1 alpha-2 in upper case, and XK."
    ),
    errors.InvalidQuery: ProblemType(_UNPROCESSABLE, "invalid-query", "The query cannot be answered", "`errors` says which part and why."),
    errors.InvalidCursor: ProblemType(
        _UNPROCESSABLE,
        "invalid-cursor",
        "The cursor is not one of this list",
        "Cursors come from `next_cursor` and hold for the same filters and sort only.",
    ),
    errors.NotFound: ProblemType(HTTPStatus.NOT_FOUND, "object-not-found", "There is no such object", "Nothing has this id."),
    errors.ArticleNotFound: ProblemType(
        HTTPStatus.NOT_FOUND, "article-not-found", "There is no such article", "No article has this id, or it was deleted."
    ),
    errors.AnnotationNotFound: ProblemType(
        HTTPStatus.NOT_FOUND, "annotation-not-found", "There is no such annotation", "No annotation has this id, or its article was deleted."
    ),
    errors.ModelNotFound: ProblemType(HTTPStatus.NOT_FOUND, "model-not-found", "There is no such model", "No annotation names this model."),
    errors.ArticleConflict: ProblemType(
        HTTPStatus.CONFLICT,
        "article-conflict",
        "Another article with this identity is stored",
        "Identity is publisher and external_id, or publisher and text. `errors` names the fields that differ, `article_id` the stored one.",
    ),
    errors.EngineUnavailable: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE, "engine-unavailable", "The model cannot answer now", "Try again after `Retry-After` seconds."
    ),
    errors.EngineOverloaded: ProblemType(
        HTTPStatus.TOO_MANY_REQUESTS, "overloaded", "Too many requests are waiting", "Refused at once. Try again after `Retry-After` seconds."
    ),
    errors.DeadlineExceeded: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "deadline-exceeded",
        "The request waited too long",
        "It was dropped unanswered. Try again after `Retry-After` seconds.",
    ),
}

HTTP_TYPES = (
    MALFORMED_JSON,
    HTTP_ERROR,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_REQUEST,
    INTERNAL_ERROR,
)


def respond(
    request: Request,
    problem_type: ProblemType,
    detail: str,
    *,
    found: Sequence[ProblemError] = (),
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    article_id: str | None = None,
) -> Response:
    problem = Problem(
        type=problem_type.uri,
        title=problem_type.title,
        status=status or problem_type.status,
        detail=detail,
        instance=f"urn:request:{request.state.request_id}",
        errors=list(found),
        article_id=article_id,
    )
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def from_domain(request: Request, error: errors.StandpointError) -> Response:
    problem_type = TABLE[type(error)]
    if problem_type is INTERNAL_ERROR:
        raise error
    return respond(
        request,
        problem_type,
        str(error),
        found=_found(request, error),
        headers=_headers(error),
        article_id=error.article_id if isinstance(error, errors.ArticleConflict) else None,
    )


def _found(request: Request, error: errors.StandpointError) -> list[ProblemError]:
    if isinstance(error, errors.ArticleConflict):
        return [ProblemError(pointer=f"#/{field}", detail="differs from the stored article") for field in error.fields]
    if isinstance(error, errors.InvalidText):
        return [ProblemError(pointer=f"#/{error.field}", detail=error.detail)]
    if isinstance(error, errors.InvalidQuery):
        return [ProblemError(pointer=f"#/query/{error.field}", detail=error.detail)]
    if isinstance(error, errors.UnknownCountry):
        return [ProblemError(pointer=f"#/query/{error.field}", detail="must be an ISO 3166-1 alpha-2 code in upper case, or XK")]
    return []


def _headers(error: errors.StandpointError) -> dict[str, str]:
    # Retry-After is in whole seconds, and 0 would invite a client to try again at once.
    if isinstance(error, errors.EngineUnavailable):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
    return {}


def document(kinds: Sequence[ProblemType], example: Mapping[str, Any] | None = None) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation that may answer with these problems."""
    by_status: dict[int | str, list[ProblemType]] = {}
    for kind in kinds:
        by_status.setdefault(int(kind.status), []).append(kind)
    return {status: _response(of_status) for status, of_status in by_status.items()}
