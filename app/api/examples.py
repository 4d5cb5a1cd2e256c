"""Examples for the document. The project wrote the articles; all else is made by the code that makes real answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from app.api import problems
from app.api.export_formats import CsvEncoder, NdjsonEncoder
from app.api.problems import ProblemError, RequestError
from app.api.schemas import written
from app.api.schemas_annotations import (
    AnnotationPageResponse,
    AnnotationResponse,
    EvidenceResponse,
    RelationStance,
    ScoresResponse,
)
from app.api.schemas_articles import ArticleItemResponse, ArticlePageResponse, ArticleResponse
from app.api.schemas_corrections import CorrectionPageResponse, CorrectionResponse
from app.api.schemas_differences import DifferencePageResponse, DifferenceResponse, PairCountResponse, Said
from app.api.schemas_models import ModelResponse
from app.api.schemas_relations import MatrixResponse, RelationItemResponse, RelationPageResponse, matrix_in_json
from app.api.schemas_stances import (
    ArticleReferenceResponse,
    CountryCountResponse,
    CountryPageResponse,
    ModelCountResponse,
    ModelPageResponse,
    PublisherCountResponse,
    PublisherPageResponse,
    RelatedCountryResponse,
    RelatedPageResponse,
    SeriesResponse,
    StancePageResponse,
    StanceResponse,
    SummaryResponse,
)
from app.domain import errors, exports
from app.domain.exports import Line
from app.domain.models import KnownModel, ModelDescription, Table
from app.domain.records import (
    Correction,
    CountryCount,
    Difference,
    Dimension,
    Group,
    Interval,
    ModelCount,
    PublisherCount,
    RelatedCountry,
    Series,
    SeriesPoint,
    Side,
    StanceCounts,
    StoredAnnotation,
    StoredArticle,
    Submission,
    Summary,
)
from app.domain.relations import LeftOut, Matrix, PairCounts, PeriodCounts
from app.domain.values import (
    Annotation,
    ArticleStatus,
    ArticleText,
    CountryCode,
    Coverage,
    Evidence,
    Field,
    JudgedBy,
    Judgement,
    Kind,
    Mention,
    Probabilities,
    PublicationTime,
    Relation,
    Scores,
    Span,
    Stance,
    Verdict,
)

REQUEST_ID = "7d9f5c1e8b3a4f62a0d4c9b1e6f82735"
ARTICLE_ID = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"
ANNOTATION_ID = "01932c07-20b1-7a90-8c55-0b7e6d5c4f3a"
MODEL = "standpoint-en@4f0c1d9a72be"
CURSOR = "eyJrIjoxMjN9"
PUBLISHER = "The Steppe Herald"
READ_AT = datetime(2024, 11, 14, 9, 30, 12, tzinfo=UTC)

TITLE = "Kazakhstan weighs a rail offer from China"
BORDER = "Kazakhstan's transport ministry praised China on Tuesday for keeping the crossing at Khorgos open all winter."
TRAINS = "The same officials condemned Russia for turning back forty grain trains without a word of explanation."
TALKS = "Astana said that talks would go on in May."
TEXT = f"{BORDER} {TRAINS} {TALKS}"

NEUTRAL = Probabilities(favor=0.12, neutral=0.81, against=0.07)
PRAISED = Probabilities(favor=0.91, neutral=0.07, against=0.02)
BLAMED = Probabilities(favor=0.02, neutral=0.05, against=0.93)


def mention(quote: str, kind: Kind | None, probabilities: Probabilities, *, field: Field = Field.TEXT) -> Mention:
    return Mention(field, _span(quote, field), quote, kind, 0.99, probabilities.leading(), probabilities)


def evidence(quote: str, probabilities: Probabilities) -> Evidence:
    stance = probabilities.leading()
    return Evidence(Field.TEXT, _span(quote, Field.TEXT), quote, stance, probabilities.of(stance))


def judgement(
    name: str, code: str, salience: float, probabilities: Probabilities, mentions: list[Mention], *sentences: str
) -> Judgement:
    return Judgement(
        name=name,
        salience=salience,
        stance=probabilities.leading(),
        scores=scores_of(probabilities),
        mentions=tuple(mentions),
        evidence=tuple(evidence(sentence, probabilities) for sentence in sentences),
        country=CountryCode(code),
        author=scores_of(probabilities),
    )


def scores_of(probabilities: Probabilities) -> Scores:
    """Where every mention says the same, so does the article."""
    return Scores(probabilities.favor, probabilities.neutral, probabilities.against)


def _file(columns: Sequence[str], line: Line) -> dict[str, str]:
    """One line in each form, by media type."""
    ndjson, text = NdjsonEncoder(columns)([line], done=True), CsvEncoder(columns, continued=False)([line], done=True)
    return {"application/x-ndjson": ndjson.decode(), "text/csv": text.decode(), "application/vnd.apache.parquet": ""}


def _span(quote: str, field: Field) -> Span:
    start = (TITLE if field is Field.TITLE else TEXT).index(quote)
    return Span(start, start + len(quote))


KAZAKHSTAN = judgement(
    "Kazakhstan",
    "KZ",
    0.86,
    NEUTRAL,
    [
        mention("Kazakhstan", Kind.NAME, NEUTRAL, field=Field.TITLE),
        mention("Kazakhstan", Kind.NAME, NEUTRAL),
        mention("Astana", Kind.GOVERNMENT, NEUTRAL),
    ],
    TALKS,
)
CHINA = judgement(
    "China",
    "CN",
    0.71,
    PRAISED,
    [mention("China", Kind.NAME, NEUTRAL, field=Field.TITLE), mention("China", Kind.NAME, PRAISED)],
    BORDER,
)
RUSSIA = judgement("Russia", "RU", 0.34, BLAMED, [mention("Russia", Kind.NAME, BLAMED)], TRAINS)

FROM_KAZAKHSTAN = (
    Relation(CountryCode("KZ"), CountryCode("RU"), Stance.AGAINST, 0.94, evidence(TRAINS, BLAMED)),
    Relation(CountryCode("KZ"), CountryCode("CN"), Stance.FAVOR, 0.91, evidence(BORDER, PRAISED)),
)

_ANNOTATION = Annotation(
    model=MODEL,
    language="en",
    coverage=Coverage(characters=len(TITLE) + len(TEXT), encoded_characters=len(TITLE) + len(TEXT), passages=1),
    countries=(KAZAKHSTAN, CHINA, RUSSIA),
    relations=FROM_KAZAKHSTAN,
)
_STORED = StoredAnnotation(ANNOTATION_ID, ARTICLE_ID, revision=1, created_at=READ_AT, annotation=_ANNOTATION)
_ARTICLE = StoredArticle(
    id=ARTICLE_ID,
    created_at=READ_AT,
    updated_at=READ_AT,
    revision=1,
    status=ArticleStatus.ANNOTATED,
    submission=Submission(
        text=ArticleText(body=TEXT, title=TITLE),
        external_id="herald-20241114-17",
        url="https://herald.example/2024/11/14/rail-offer",
        publisher=PUBLISHER,
        published=PublicationTime(day=date(2024, 11, 14)),
        language="en",
        metadata={"section": "world"},
    ),
    annotation=_STORED,
)
_STANCE = StanceResponse(
    annotation_id=ANNOTATION_ID,
    article=ArticleReferenceResponse(
        id=ARTICLE_ID,
        title=TITLE,
        publisher=PUBLISHER,
        url=_ARTICLE.submission.url,
        published_at=written(_ARTICLE.submission.published),
    ),
    country="CN",
    name="China",
    salience=CHINA.salience,
    mention_count=len(CHINA.mentions),
    stance=CHINA.stance,
    scores=ScoresResponse.of(scores_of(PRAISED)),
    model=MODEL,
    created_at=READ_AT,
    evidence=EvidenceResponse.of(CHINA.evidence[0]),
    judged_by=JudgedBy.MODEL,
)

_RELATION = RelationItemResponse(
    source="KZ",
    target="CN",
    annotation_id=ANNOTATION_ID,
    article=_STANCE.article,
    stance=RelationStance.FAVOR,
    probability=FROM_KAZAKHSTAN[1].probability,
    model=MODEL,
    created_at=READ_AT,
    evidence=EvidenceResponse.of(FROM_KAZAKHSTAN[1].evidence),
)

ANNOTATION = AnnotationResponse.of(_STORED)
UNSTORED_ANNOTATION = AnnotationResponse.unstored(_ANNOTATION, created_at=READ_AT)
ARTICLE = ArticleResponse.of(_ARTICLE)
ARTICLES = ArticlePageResponse(items=[ArticleItemResponse.of(_ARTICLE)], next_cursor=CURSOR)
ANNOTATIONS = AnnotationPageResponse(items=[ANNOTATION], next_cursor=None)
STANCES = StancePageResponse(items=[_STANCE], next_cursor=CURSOR)
SERIES = SeriesResponse.of(
    Series(
        points=(
            SeriesPoint(datetime(2024, 11, 4, tzinfo=UTC), StanceCounts(favor=3, neutral=11, against=2)),
            SeriesPoint(datetime(2024, 11, 11, tzinfo=UTC), StanceCounts(favor=5, neutral=9, undecided=1)),
        ),
        undated=StanceCounts(neutral=1),
    ),
    interval=Interval.WEEK,
)
_TOWARD_CHINA, _TOWARD_RUSSIA = (
    StanceCounts(favor=9, neutral=20, against=4),
    StanceCounts(favor=3, neutral=19, against=10, undecided=1),
)
_BY_MONTH = (Dimension.COUNTRY, Dimension.MONTH)
SUMMARY = SummaryResponse.of(
    Summary((Group((CountryCode("CN"), date(2024, 11, 1)), _TOWARD_CHINA),), {MODEL: _TOWARD_CHINA.n}), dimensions=_BY_MONTH
)
_RUSSIA_BESIDE = RelatedCountry(CountryCode("RU"), "Russia", _TOWARD_RUSSIA, _TOWARD_CHINA)
RELATED = RelatedPageResponse(items=[RelatedCountryResponse.of(_RUSSIA_BESIDE)], next_cursor=None)
RELATIONS = RelationPageResponse(items=[_RELATION], next_cursor=CURSOR)
_KAZAKHSTAN_TO_CHINA = PairCounts(
    CountryCode("KZ"),
    CountryCode("CN"),
    StanceCounts(favor=11, against=2),
    (
        PeriodCounts(date(2024, 10, 1), StanceCounts(favor=4, against=2)),
        PeriodCounts(date(2024, 11, 1), StanceCounts(favor=6)),
        PeriodCounts(None, StanceCounts(favor=1)),
    ),
)
_MATRIX = Matrix(Interval.MONTH, (_KAZAKHSTAN_TO_CHINA,), LeftOut(pairs=1, n=5), {MODEL: 18})
MATRIX = MatrixResponse.model_validate_json(matrix_in_json(_MATRIX))
COUNTRIES = CountryPageResponse(items=[CountryCountResponse.of(CountryCount(CountryCode("CN"), "China", 41))], next_cursor=None)
PUBLISHERS = PublisherPageResponse(items=[PublisherCountResponse.of(PublisherCount(PUBLISHER, 17))], next_cursor=None)
_CORRECTION = Correction(
    id="01932c0c-5b12-7d41-a3c6-2f9e8d7c6b5a",
    article_id=ARTICLE_ID,
    revision=1,
    created_at=READ_AT,
    reviewer="anonymous",
    verdict=Verdict(CountryCode("CN"), present=True, stance=Stance.NEUTRAL),
    name="China",
    reason="The ministry praises a border crossing, not the country.",
)
CORRECTION = CorrectionResponse.of(_CORRECTION)
REVOKED = CorrectionResponse.of(replace(_CORRECTION, revoked_at=READ_AT, revoked_by="anonymous"))
CORRECTIONS = CorrectionPageResponse(items=[CORRECTION], next_cursor=None)
CORRECTION_REQUEST = {"country": "CN", "present": True, "stance": "neutral", "reason": _CORRECTION.reason}
DIFFERENCES = DifferencePageResponse(
    items=[
        DifferenceResponse.of(
            Difference(
                article_id=ARTICLE_ID,
                country=CountryCode("RU"),
                name="Russia",
                before=Side(Stance.NEUTRAL, scores_of(NEUTRAL)),
                after=Side(Stance.AGAINST, scores_of(BLAMED)),
            )
        )
    ],
    next_cursor=None,
    articles=41,
    counts=[
        PairCountResponse(before=Said.NEUTRAL, after=Said.NEUTRAL, count=97),
        PairCountResponse(before=Said.NEUTRAL, after=Said.AGAINST, count=1),
    ],
)
MODELS = ModelPageResponse(items=[ModelCountResponse.of(ModelCount(MODEL, True, 58))], next_cursor=None)
A_MODEL = ModelResponse.of(
    KnownModel(
        MODEL,
        active=True,
        annotations=58,
        description=ModelDescription(
            version=MODEL,
            languages=frozenset({"en"}),
            size=72_223_885,
            calibrated=True,
            base="sentence-transformers/all-mpnet-base-v2",
            licence="Apache-2.0",
            evaluation=(
                Table(
                    "calibration",
                    "Calibration of mention probabilities",
                    "Expected calibration error in points, beside what a perfectly calibrated model would show.",
                    ("test", "error", "perfectly calibrated"),
                    (("Newspapers A", 2.4, 2.2), ("Newspapers B", 3.0, 2.9)),
                ),
            ),
        ),
    )
)

ARTICLE_REQUEST = {
    "external_id": "herald-20241114-17",
    "url": "https://herald.example/2024/11/14/rail-offer",
    "title": TITLE,
    "text": TEXT,
    "publisher": PUBLISHER,
    "published_at": "2024-11-14",
    "language": "en",
    "metadata": {"section": "world"},
}
ANNOTATE_REQUEST = {"title": TITLE, "text": TEXT}
METADATA_REQUEST = {"published_at": "2024-11-14T09:30:00Z", "metadata": {"section": "world", "checked": True}}
CLAIMS_REQUEST = {"text": TEXT, "claims": ["Russia turned back grain trains from Kazakhstan."]}
TARGETS_REQUEST = {
    "text": "Lumen Rail won praise in Vienna for its night trains, while Austria's auditors blamed the ministry for the delays.",
    "language": "en",
    "targets": ["Lumen Rail"],
}

_CURSOR = "n5OUUGM3TfABkywHIJp8PZ8OWksl~p3P.01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"
_WRITTEN = "2024-11-14T09:30:12.000000Z"
_ADDRESS = "https://herald.example/2024/11/14/rail-offer"
STANCE_FILE = _file(
    exports.STANCE,
    (
        *(ARTICLE_ID, ANNOTATION_ID, "CN", "China", "favor", 0.91, 0.07, 0.02, 0.71, 2, MODEL, PUBLISHER),
        *(_ADDRESS, TITLE, _WRITTEN, "2024-11-14", "model", "text", 0, len(BORDER), BORDER, f"{_CURSOR}.1"),
    ),
)
RELATION_FILE = _file(
    exports.RELATION,
    (
        *(ARTICLE_ID, ANNOTATION_ID, "KZ", "CN", "favor", 0.91, MODEL, PUBLISHER, _ADDRESS, TITLE, _WRITTEN, "2024-11-14"),
        *("text", 0, len(BORDER), BORDER, f"{_CURSOR}.0"),
    ),
)
ARTICLE_FILE = _file(
    exports.ARTICLE,
    (
        *(ARTICLE_ID, _WRITTEN, _WRITTEN, 1, "annotated", "herald-20241114-17", _ADDRESS, TITLE, PUBLISHER, "en"),
        *('{"section":"world"}', "2024-11-14", None, _CURSOR),
    ),
)

_CHINA = TEXT.index("China")
_LESSON = (
    *(CORRECTION.id, ARTICLE_ID, True, "CN", "China", "neutral", CORRECTION.reason, CORRECTION.reviewer, _WRITTEN, 1, "en"),
    *(PUBLISHER, _ADDRESS, TITLE, TEXT, MODEL, "favor"),
    [
        {
            "field": "text",
            "start": _CHINA,
            "end": _CHINA + 5,
            "quote": "China",
            "kind": "name",
            "stance": "favor",
            "voice": "author",
        }
    ],
    f"{_CURSOR.split('.')[0]}.{CORRECTION.id}",
)
CORRECTION_FILE = {"application/x-ndjson": NdjsonEncoder(exports.CORRECTION)([_LESSON], done=True).decode()}


def requests(**named: dict[str, Any]) -> dict[str, Any]:
    """For `openapi_examples`; the name in words is the summary."""
    return {name: {"summary": name.replace("_", " ").capitalize(), "value": value} for name, value in named.items()}


INVALID_BODY = RequestError(
    problems.INVALID_REQUEST,
    "1 part of the request cannot be used.",
    ProblemError(pointer="#/text", detail="is required"),
)
INVALID_PARAMETER = RequestError(
    problems.INVALID_REQUEST,
    "1 part of the request cannot be used.",
    ProblemError(pointer="#/query/limit", detail="must be at most 200"),
)
INVALID_ID = RequestError(
    problems.INVALID_REQUEST,
    "1 part of the request cannot be used.",
    ProblemError(pointer="#/path/article_id", detail="must be a UUID"),
)
STORAGE = errors.StorageUnavailable("the database cannot be reached, is locked, or took too long")
NOT_READY = (STORAGE, errors.EngineUnavailable("the engine does not run"))
UNKNOWN_PARAMETER = RequestError(
    problems.INVALID_REQUEST,
    "The query cannot be used.",
    ProblemError(pointer="#/query", detail="has a parameter that this operation does not know"),
)
ANYWHERE = (
    UNKNOWN_PARAMETER,
    RequestError(problems.INTERNAL_ERROR, "An unexpected fault; the log has it under this instance."),
)
BODY = (
    RequestError(problems.MALFORMED_JSON, "The body is not JSON: it cannot be read from line 1, column 9."),
    RequestError(problems.BODY_TOO_LARGE, "The body has more than 4194304 bytes."),
    RequestError(problems.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json in UTF-8."),
    INVALID_BODY,
    errors.ForbiddenCharacter("text", what="NUL", position=17),
)
TEXT_TO_READ = (
    errors.EmptyText("text"),
    errors.TextTooLong("text", length=200_001, limit=200_000),
    errors.UnsupportedLanguage("fr", supported=frozenset({"en"}), stated=False),
)
ENGINE = (
    errors.EngineOverloaded("256 requests are waiting already", retry_after=2),
    errors.EngineUnavailable("the engine does not run"),
    errors.DeadlineExceeded("the request waited longer than 30 s"),
)
FILTER = (
    INVALID_PARAMETER,
    errors.UnknownCountry("country"),
    errors.InvalidQuery("q", "has a quotation mark that nothing closes"),
)
FILTER_OF_PAIRS = (
    RequestError(
        problems.INVALID_REQUEST,
        "1 part of the request cannot be used.",
        ProblemError(pointer="#/query/min_probability", detail="must be at most 1"),
    ),
    errors.UnknownCountry("from"),
    errors.InvalidQuery("q", "has a quotation mark that nothing closes"),
)
TOO_MANY_PERIODS = errors.InvalidQuery(
    "interval", "makes more than 50000 periods of pairs; narrow the filter, or take a longer interval"
)
TOO_MANY_GROUPS = errors.InvalidQuery("group_by", "makes more than 50000 groups; narrow the filter, or take a longer interval")
TOO_MANY_POINTS = errors.InvalidQuery("interval", "gives more than 10000 points; take a wider interval or a narrower range")
CURSORS = (INVALID_PARAMETER, errors.InvalidCursor("is not one of this list"))
FORMS = (
    RequestError(problems.NOT_ACCEPTABLE, "The forms are application/x-ndjson, text/csv, application/vnd.apache.parquet."),
    RequestError(problems.PARQUET_NOT_INSTALLED, "This service has no pyarrow; it comes with the extra standpoint[parquet]."),
)
ACCESS = (
    errors.KeyRequired(),
    errors.InvalidKey(),
    errors.ScopeTooSmall("read", needed="write"),
    errors.RateExceeded(retry_after=1),
)
NO_ARTICLE = (INVALID_ID, errors.ArticleNotFound(ARTICLE_ID))
NO_ANNOTATION = (INVALID_ID, errors.AnnotationNotFound(ANNOTATION_ID))
NO_CORRECTION = (
    RequestError(
        problems.INVALID_REQUEST,
        "1 part of the request cannot be used.",
        ProblemError(pointer="#/path/correction_id", detail="must be a UUID"),
    ),
    errors.CorrectionNotFound(_CORRECTION.id),
)
NO_MODEL = (
    RequestError(
        problems.INVALID_REQUEST,
        "1 part of the request cannot be used.",
        ProblemError(pointer="#/path/model_id", detail="must match ^[A-Za-z0-9._+@-]+$"),
    ),
    errors.ModelNotFound(MODEL),
)
CONFLICT = (errors.ArticleConflict(ARTICLE_ID, fields=("title", "published_at")),)
