"""Facts that can be wrong with a request. They know no HTTP; `api/problems.py` gives each its status.

StandpointError
+-- InvalidText            EmptyText, TextTooLong, ForbiddenCharacter
+-- UnsupportedLanguage
+-- UnknownCountry
+-- InvalidQuery           InvalidCursor
+-- NotFound               ArticleNotFound, AnnotationNotFound, ModelNotFound, CorrectionNotFound, KeyNotFound,
|                          JobNotFound, WebhookNotFound, DeliveryNotFound
+-- AccessRefused          KeyRequired, InvalidKey, ScopeTooSmall
+-- RateExceeded
+-- ArticleConflict
+-- JobConflict            IdempotencyConflict
+-- ImportTooLarge
+-- UploadStalled
+-- ForbiddenAddress
+-- EngineUnavailable      EngineOverloaded, DeadlineExceeded
+-- StorageUnavailable
"""

from __future__ import annotations


class StandpointError(Exception):
    """The root; its message never quotes article text."""


class InvalidText(StandpointError):
    """`field` names the part of the input (title, text, ...)."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


class EmptyText(InvalidText):
    def __init__(self, field: str) -> None:
        super().__init__(field, "holds nothing but white space")


class TextTooLong(InvalidText):
    def __init__(self, field: str, *, length: int, limit: int) -> None:
        super().__init__(field, f"has {length} characters; the limit is {limit}")
        self.length = length
        self.limit = limit


class ForbiddenCharacter(InvalidText):
    """NUL or a lone surrogate, which no database stores."""

    def __init__(self, field: str, *, what: str, position: int) -> None:
        super().__init__(field, f"has {what} at position {position}")
        self.position = position


class UnsupportedLanguage(StandpointError):
    def __init__(self, language: str, *, supported: frozenset[str], stated: bool) -> None:
        # What was stated is the sender's, and is not repeated; what was detected is news to him.
        found = "the stated language is another" if stated else f"the detected language is {language}"
        super().__init__(f"{found}; the model knows {', '.join(sorted(supported))}")
        self.language = language
        self.stated = stated


class UnknownCountry(StandpointError):
    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is not an ISO 3166-1 alpha-2 code")
        self.field = field


class InvalidQuery(StandpointError):
    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


class InvalidCursor(InvalidQuery):
    def __init__(self, detail: str) -> None:
        super().__init__("cursor", detail)


class NotFound(StandpointError):
    what = "object"

    def __init__(self, identifier: str) -> None:
        super().__init__(f"no {self.what} has the id {identifier}")
        self.identifier = identifier


class ArticleNotFound(NotFound):
    what = "article"


class AnnotationNotFound(NotFound):
    what = "annotation"


class ModelNotFound(NotFound):
    what = "model"

    def __str__(self) -> str:
        # Unlike the other ids this one is free text of the caller, which is not repeated.
        return "no model has this id"


class CorrectionNotFound(NotFound):
    what = "correction"


class ClaimNotFound(NotFound):
    what = "claim"


class ClaimsUnavailable(StandpointError):
    """Nothing here reads claims, and nobody guesses what an article says of one."""

    def __init__(self) -> None:
        super().__init__("this service has no model that reads claims")


class JobNotFound(NotFound):
    what = "job"


class WebhookNotFound(NotFound):
    what = "webhook"


class DeliveryNotFound(NotFound):
    what = "delivery"


class JobConflict(StandpointError):
    """What was asked for does not go with the state that the job is in."""

    def __init__(self, job_id: str, detail: str) -> None:
        super().__init__(f"job {job_id} {detail}")
        self.job_id = job_id


class IdempotencyConflict(JobConflict):
    """The key stands for another body."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id, "was made with this Idempotency-Key from another body")


class ImportTooLarge(StandpointError):
    """More lines or bytes than one import may have."""


class UploadStalled(StandpointError):
    """The upload took too long, or nothing of it came for too long."""


class ForbiddenAddress(StandpointError):
    """A webhook would call this network itself."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"url: {detail}")
        self.detail = detail


class KeyNotFound(NotFound):
    what = "key"


class AccessRefused(StandpointError):
    """The caller may not do this."""


class KeyRequired(AccessRefused):
    def __init__(self) -> None:
        super().__init__("this service answers to keys only, and the request has none")


class InvalidKey(AccessRefused):
    """Which of the reasons it is stays unsaid: it would help only those who guess."""

    def __init__(self) -> None:
        super().__init__("the key is unknown, expired or revoked")


class ScopeTooSmall(AccessRefused):
    def __init__(self, scope: str, *, needed: str) -> None:
        super().__init__(f"the key has the scope {scope}; this needs {needed}")
        self.needed = needed


class RateExceeded(StandpointError):
    """More requests than the caller may make; `retry_after` is in seconds."""

    def __init__(self, *, retry_after: float) -> None:
        super().__init__("too many requests from one caller")
        self.retry_after = retry_after


class ArticleConflict(StandpointError):
    """Another article with the same identity is stored and differs in `fields`."""

    def __init__(self, article_id: str, *, fields: tuple[str, ...]) -> None:
        super().__init__(f"article {article_id} is stored already and differs in {', '.join(fields)}")
        self.article_id = article_id
        self.fields = fields


class EngineUnavailable(StandpointError):
    """The inference engine cannot answer; `retry_after` is in seconds."""

    def __init__(self, detail: str, *, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class EngineOverloaded(EngineUnavailable):
    """The queue is full; the request was refused at once."""


class DeadlineExceeded(EngineUnavailable):
    """The request waited past its deadline and was dropped."""


class StorageUnavailable(StandpointError):
    """The database cannot be reached, is locked, or took too long; `retry_after` is in seconds."""

    def __init__(self, detail: str, *, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
