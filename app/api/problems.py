"""The one table from what went wrong to status, `type` and title (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.domain import errors

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:problem-type:standpoint:"


class ProblemError(BaseModel):
    """One thing that is wrong with the request."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(
        description=(
            "Where: a JSON Pointer in URI fragment form into the body (`#/text`), or `#/query/NAME` and `#/path/NAME` for a "
            "parameter. Names that the service does not know are never repeated; their parent is named."
        ),
        max_length=1000,
        examples=["#/published_at"],
    )
    detail: str = Field(
        description="What is wrong there, without the value.",
        max_length=1000,
        examples=["must be a date or an RFC 3339 time with offset"],
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
    article_id: str | SkipJsonSchema[None] = Field(
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
    """A fact about HTTP or JSON itself, which the domain does not know."""

    def __init__(self, kind: ProblemType, detail: str, *found: ProblemError) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.found = found


MALFORMED_JSON = ProblemType(
    HTTPStatus.BAD_REQUEST,
    "malformed-json",
    "The body is not JSON that can be read",
    "Not UTF-8, not JSON, `NaN` or `Infinity`, a name twice in one object, nesting or numbers past the limits.",
)
NOT_FOUND = ProblemType(
    HTTPStatus.NOT_FOUND, "not-found", "Nothing is here", "No route has this path. See `/docs` for those that exist."
)
METHOD_NOT_ALLOWED = ProblemType(
    HTTPStatus.METHOD_NOT_ALLOWED,
    "method-not-allowed",
    "The method is not allowed here",
    "`Allow` names the methods of this path.",
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
REQUEST_TIMEOUT = ProblemType(
    HTTPStatus.REQUEST_TIMEOUT,
    "request-timeout",
    "The request did not come in time",
    "Headers have 10 s, a body 20 s and one more for each 2,000 bytes that have come. The connection is closed.",
)
HEADERS_TOO_LARGE = ProblemType(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "headers-too-large",
    "The headers are too large",
    "Address and headers have more bytes than `STANDPOINT_HEADER_LIMIT`. The connection is closed.",
)
INVALID_REQUEST = ProblemType(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid-request",
    "The request does not have the form that this operation takes",
    "A field or parameter is missing, unknown, of the wrong type or out of bounds; `errors` says which.",
)
MISDIRECTED = ProblemType(
    HTTPStatus.MISDIRECTED_REQUEST,
    "misdirected-request",
    "The service is not called by this name",
    "The `Host` of the request is not among `STANDPOINT_TRUSTED_HOSTS`. Only `/healthz` and `/readyz` answer to any name.",
)
BAD_REQUEST = ProblemType(
    HTTPStatus.BAD_REQUEST, "bad-request", "The request cannot be served", "What HTTP asks for was not met."
)
NOT_ACCEPTABLE = ProblemType(
    HTTPStatus.NOT_ACCEPTABLE,
    "not-acceptable",
    "The answer cannot be had in this form",
    "`Accept` names none of the forms that this operation has; `format` in the query can name one instead.",
)
PARQUET_NOT_INSTALLED = ProblemType(
    HTTPStatus.NOT_IMPLEMENTED,
    "parquet-not-installed",
    "This service cannot write Parquet",
    "It was installed without the extra `standpoint[parquet]`. NDJSON and CSV need nothing.",
)
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
    errors.InvalidText: ProblemType(
        _UNPROCESSABLE, "invalid-text", "The text cannot be used", "`errors` says which field and why."
    ),
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
    errors.InvalidQuery: ProblemType(
        _UNPROCESSABLE, "invalid-query", "The query cannot be answered", "`errors` says which part and why."
    ),
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
        HTTPStatus.NOT_FOUND,
        "annotation-not-found",
        "There is no such annotation",
        "No annotation has this id, or its article was deleted.",
    ),
    errors.ModelNotFound: ProblemType(
        HTTPStatus.NOT_FOUND,
        "model-not-found",
        "There is no such model",
        "No model that is installed and no stored annotation has this `name@digest`.",
    ),
    errors.ClaimNotFound: ProblemType(
        HTTPStatus.NOT_FOUND, "claim-not-found", "There is no such claim", "No claim has this id, or it was deleted."
    ),
    errors.ClaimsUnavailable: ProblemType(
        HTTPStatus.NOT_IMPLEMENTED,
        "claims-not-available",
        "This service reads no claims",
        "`STANDPOINT_CLAIMS` is `false`, or no model that reads claims goes with `STANDPOINT_MODEL`. What was read stays.",
    ),
    errors.JobNotFound: ProblemType(HTTPStatus.NOT_FOUND, "job-not-found", "There is no such job", "No job has this id."),
    errors.WebhookNotFound: ProblemType(
        HTTPStatus.NOT_FOUND, "webhook-not-found", "There is no such webhook", "No webhook has this id, or it was deleted."
    ),
    errors.DeliveryNotFound: ProblemType(
        HTTPStatus.NOT_FOUND, "delivery-not-found", "There is no such delivery", "The webhook has no delivery with this id."
    ),
    errors.JobConflict: ProblemType(
        HTTPStatus.CONFLICT, "job-conflict", "The job is not in a state for this", "`detail` says which state it is in."
    ),
    errors.IdempotencyConflict: ProblemType(
        _UNPROCESSABLE,
        "idempotency-conflict",
        "The Idempotency-Key stands for another body",
        "A key names one body for ever; take a new one, or send what was sent before, from its beginning.",
    ),
    errors.ImportTooLarge: ProblemType(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "import-too-large",
        "The import is too large",
        "It has more than 1,000,000 lines or `STANDPOINT_IMPORT_LIMIT` bytes; send several.",
    ),
    errors.UploadStalled: ProblemType(
        HTTPStatus.REQUEST_TIMEOUT,
        "upload-stalled",
        "The upload took too long",
        "What came with an `Idempotency-Key` stays; send the same body again under the same key and it goes on.",
    ),
    errors.ForbiddenAddress: ProblemType(
        _UNPROCESSABLE,
        "forbidden-address",
        "The webhook leads into this network",
        "Its host has a private or loopback address; `STANDPOINT_WEBHOOK_PRIVATE` allows these.",
    ),
    errors.CorrectionNotFound: ProblemType(
        HTTPStatus.NOT_FOUND,
        "correction-not-found",
        "There is no such correction",
        "No correction of this article has this id, or the article was deleted.",
    ),
    errors.KeyNotFound: ProblemType(
        HTTPStatus.NOT_FOUND, "key-not-found", "There is no such key", "No key has this id, or it cannot be used any more."
    ),
    errors.AccessRefused: ProblemType(
        HTTPStatus.FORBIDDEN, "access-refused", "The caller may not do this", "The key does not let its owner do this."
    ),
    errors.KeyRequired: ProblemType(
        HTTPStatus.UNAUTHORIZED,
        "key-required",
        "A key is required",
        "Send `Authorization: Bearer KEY` or `X-API-Key: KEY`; `standpoint keys create` makes keys.",
    ),
    errors.InvalidKey: ProblemType(
        HTTPStatus.UNAUTHORIZED,
        "invalid-key",
        "The key is not valid",
        "It is unknown, expired or revoked, two different ones were sent, or `Authorization` is not of the kind `Bearer`.",
    ),
    errors.ScopeTooSmall: ProblemType(
        HTTPStatus.FORBIDDEN,
        "scope-too-small",
        "The key does not reach this far",
        "`read` asks and annotates, `write` also stores, changes and deletes, `admin` does all. `detail` names both scopes.",
    ),
    errors.RateExceeded: ProblemType(
        HTTPStatus.TOO_MANY_REQUESTS,
        "rate-exceeded",
        "Too many requests from one caller",
        "`RateLimit` says what is left and when it is full again. Try again after `Retry-After` seconds.",
    ),
    errors.ArticleConflict: ProblemType(
        HTTPStatus.CONFLICT,
        "article-conflict",
        "Another article with this identity is stored",
        "Identity is publisher and external_id, or publisher and text. `errors` names what differs, `article_id` the stored one.",
    ),
    errors.EngineUnavailable: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "engine-unavailable",
        "The model cannot answer now",
        "Try again after `Retry-After` seconds.",
    ),
    errors.EngineOverloaded: ProblemType(
        HTTPStatus.TOO_MANY_REQUESTS,
        "overloaded",
        "Too many requests are waiting",
        "Refused at once. Try again after `Retry-After` seconds.",
    ),
    errors.DeadlineExceeded: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "deadline-exceeded",
        "The request waited too long",
        "It was dropped unanswered. Try again after `Retry-After` seconds.",
    ),
    errors.StorageUnavailable: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "storage-unavailable",
        "The database cannot answer now",
        "Nothing was stored, unless it fell silent in the middle of the commit. Try again after `Retry-After` seconds.",
    ),
}

ALL_OF_HTTP = (
    MALFORMED_JSON,
    BAD_REQUEST,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    MISDIRECTED,
    INVALID_REQUEST,
    NOT_ACCEPTABLE,
    PARQUET_NOT_INSTALLED,
    REQUEST_TIMEOUT,
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
)


def catalogue() -> str:
    """All types as the Markdown table of docs/problems.md."""
    kinds = sorted({*ALL_OF_HTTP, *TABLE.values()}, key=lambda kind: (kind.status, kind.slug))
    rows = [f"| {kind.status} | `{kind.uri}` | {kind.title} | {kind.meaning} |" for kind in kinds]
    return "\n".join(["| status | type | title | meaning |", "|---|---|---|---|", *rows])
