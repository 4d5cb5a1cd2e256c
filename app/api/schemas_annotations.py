"""Wire models of what a model says of a text."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas import (
    Body,
    ClaimText,
    Code,
    Count,
    Id,
    Label,
    LanguageTag,
    ModelVersion,
    Page,
    Request,
    Response,
    Share,
    Title,
)
from app.domain.records import StoredAnnotation
from app.domain.values import (
    Annotation,
    ArticleText,
    Coverage,
    Evidence,
    Judgement,
    Kind,
    Mention,
    Probabilities,
    Relation,
    Scores,
    Stance,
    Voice,
)
from app.domain.values import Field as Part


class AnnotateRequest(Request):
    """A text to annotate; nothing of it is stored."""

    title: Title | None = None
    text: Body
    language: LanguageTag | None = None
    targets: list[Label] = Field(
        default=[],
        max_length=50,
        description="More names, such as a person or a company, found in the text exactly as written and judged like countries. "
        "One that the text never names is judged as its topic, where the model has learnt that; it may then have some 20 words.",
        examples=[["Aigul Serik"]],
    )
    claims: list[ClaimText] = Field(
        default=[],
        max_length=20,
        description="Propositions that the text may agree or disagree with, or discuss. At most 20, because each is read anew "
        "beside several passages of the text while somebody waits. All of them are read: no gate holds one off here.",
        examples=[["Kazakhstan closed its border with China."]],
    )

    def article_text(self) -> ArticleText:
        return ArticleText(body=self.text, title=self.title)


class ProbabilitiesResponse(Response):
    """Calibrated, where the model is (`GET /v1/models/{id}`): of those of 0.8, eight in ten are right. 1 together."""

    favor: Share
    neutral: Share
    against: Share

    @classmethod
    def of(cls, value: Probabilities) -> ProbabilitiesResponse:
        return cls(favor=value.favor, neutral=value.neutral, against=value.against)


class ScoresResponse(Response):
    """1 together. Drawn from the mentions by a fixed rule: the highest leads, but how often it is right they do not say.

    `GET /v1/models/{id}` has the table `article-reliability`: how often it was.
    """

    favor: Share
    neutral: Share
    against: Share

    @classmethod
    def of(cls, value: Scores) -> ScoresResponse:
        return cls(favor=value.favor, neutral=value.neutral, against=value.against)


MaybeScores = TypeVar("MaybeScores", bound=ScoresResponse | None)


class MentionResponse(Response):
    """One span that refers to the country or target."""

    field: Part = Field(description="Where the span lies.")
    start: Count = Field(description="Unicode code points from the start of the field; the first of the span.")
    end: Count = Field(description="The first code point behind the span.")
    quote: str = Field(description="The span itself: `field[start:end]`.")
    kind: Kind | None = Field(description="How it refers to the country; null for targets that the caller named.")
    probability: Share = Field(description="That the span refers to this country at all.")
    stance: Stance
    probabilities: ProbabilitiesResponse
    voice: Voice = Field(description="Whose stance it is: the author's own, or one that the author reports.")

    @classmethod
    def of(cls, value: Mention) -> MentionResponse:
        return cls(
            field=value.field,
            start=value.span.start,
            end=value.span.end,
            quote=value.quote,
            kind=value.kind,
            probability=value.probability,
            stance=value.stance,
            probabilities=ProbabilitiesResponse.of(value.probabilities),
            voice=value.voice,
        )


class EvidenceResponse(Response):
    """A sentence, verbatim, that supports a judgement."""

    field: Part
    start: Count
    end: Count
    quote: str
    stance: Stance
    score: Share = Field(description="Of this stance.")

    @classmethod
    def of(cls, value: Evidence) -> EvidenceResponse:
        return cls(
            field=value.field,
            start=value.span.start,
            end=value.span.end,
            quote=value.quote,
            stance=value.stance,
            score=value.score,
        )


class LinkedResponse(Response):
    """A country."""

    country: Code


class JudgedResponse(Response, Generic[MaybeScores]):
    """What countries and targets have in common."""

    name: str = Field(description="The name as given, or the English name of the country.")
    salience: Share = Field(description="How much the article is about it.")
    mention_count: Count
    stance: Stance | None = Field(description="The one with the highest score; null where that is too low: undecided.")
    scores: MaybeScores = Field(description="null only for a target that the article never mentions.")
    author: ScoresResponse | None = Field(description="Of the mentions in the author's own voice; null where there are none.")
    attributed: ScoresResponse | None = Field(
        description="Of the mentions that report another's voice; null where there are none."
    )
    mentions: list[MentionResponse]
    evidence: list[EvidenceResponse] = Field(max_length=5)


class Basis(StrEnum):
    """By what a target was judged."""

    NAME = "name"
    TOPIC = "topic"


class TargetResponse(JudgedResponse[ScoresResponse | None]):
    """The stance of the whole article toward a target that the caller named."""

    basis: Basis | None = Field(
        description="`name`: judged where the text names it. `topic`: never named, so the text is judged as one about this topic,"
        " which is right less often. null: never named, and not judged."
    )

    @classmethod
    def of(cls, value: Judgement) -> TargetResponse:
        basis = Basis.NAME if value.mentions else Basis.TOPIC if value.scores else None
        return cls(**_judged(value), scores=ScoresResponse.of(value.scores) if value.scores else None, basis=basis)


class CountryResponse(JudgedResponse[ScoresResponse], LinkedResponse):
    """The stance of the whole article toward a country."""

    @classmethod
    def of(cls, value: Judgement) -> CountryResponse:
        assert value.country is not None and value.scores is not None
        return cls(**_judged(value), country=value.country, scores=ScoresResponse.of(value.scores))


def _judged(value: Judgement) -> dict[str, Any]:
    return {
        "name": value.name,
        "salience": value.salience,
        "mention_count": len(value.mentions),
        "stance": value.stance,
        "author": ScoresResponse.of(value.author) if value.author else None,
        "attributed": ScoresResponse.of(value.attributed) if value.attributed else None,
        "mentions": [MentionResponse.of(mention) for mention in value.mentions],
        "evidence": [EvidenceResponse.of(evidence) for evidence in value.evidence],
    }


class CoverageResponse(Response):
    """How much of title and text was read. Nothing is ever cut off without a word."""

    characters: Count = Field(description="Code points scanned for names.")
    encoded_characters: Count = Field(
        description="Code points that went through the encoder: passages that name a country or target, or were read for a topic."
    )
    passages: Count

    @classmethod
    def of(cls, value: Coverage) -> CoverageResponse:
        return cls(characters=value.characters, encoded_characters=value.encoded_characters, passages=value.passages)


class RelationStance(StrEnum):
    """What one country takes toward another. What is neutral is no relation."""

    FAVOR = "favor"
    AGAINST = "against"


class PairOfCountries(BaseModel):
    """`from` is no name that Python lets a field have."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    source: Code = Field(
        validation_alias="from",
        serialization_alias="from",
        description="The country that takes the stance, as the text tells it.",
    )
    target: Code = Field(validation_alias="to", serialization_alias="to", description="The country toward which it is taken.")


class RelationResponse(Response, PairOfCountries):
    """One country favors or opposes another in the text, whoever tells so."""

    stance: RelationStance
    probability: Share = Field(description="Calibrated for the sentence in `evidence`, where the model is.")
    evidence: EvidenceResponse = Field(description="The sentence that says so most clearly.")

    @classmethod
    def of(cls, value: Relation) -> RelationResponse:
        return cls(
            source=value.source,
            target=value.target,
            stance=RelationStance(value.stance.value),
            probability=value.probability,
            evidence=EvidenceResponse.of(value.evidence),
        )


class AnnotationResponse(Response):
    """All that one model version says of one text. It never changes."""

    id: Id | None = Field(description="null when nothing was stored.")
    article_id: Id | None = Field(description="null when nothing was stored.")
    revision: Count | None = Field(description="Which text of the article was read; null when nothing was stored.")
    created_at: datetime
    model: ModelVersion
    language: str = Field(description="Stated or detected; `und` when the text is too short to tell.", max_length=35)
    coverage: CoverageResponse
    countries: list[CountryResponse] = Field(description="The most salient first.")
    targets: list[TargetResponse] = Field(description="In the order in which the caller named them.")
    relations: list[RelationResponse] = Field(
        description="One for each ordered pair of countries and stance, the most probable first."
    )

    @classmethod
    def of(cls, stored: StoredAnnotation) -> AnnotationResponse:
        return cls._of(stored.annotation, stored.created_at, id=stored.id, article_id=stored.article_id, revision=stored.revision)

    @classmethod
    def unstored(cls, value: Annotation, *, created_at: datetime) -> AnnotationResponse:
        return cls._of(value, created_at, id=None, article_id=None, revision=None)

    @classmethod
    def _of(
        cls, value: Annotation, created_at: datetime, *, id: str | None, article_id: str | None, revision: int | None
    ) -> AnnotationResponse:
        return cls(
            id=id,
            article_id=article_id,
            revision=revision,
            created_at=created_at,
            model=value.model,
            language=value.language,
            coverage=CoverageResponse.of(value.coverage),
            countries=[CountryResponse.of(judgement) for judgement in value.countries],
            targets=[TargetResponse.of(judgement) for judgement in value.targets],
            relations=[RelationResponse.of(relation) for relation in value.relations],
        )


class AnnotationPageResponse(Page[AnnotationResponse]):
    """Annotations of one article."""
