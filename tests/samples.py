"""Articles and annotations for tests, and an annotator that says what it was told to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.domain.models import ModelDescription
from app.domain.records import StoredAnnotation, StoredArticle, Submission
from app.domain.values import (
    Annotation,
    ArticleText,
    CountryCode,
    Coverage,
    Evidence,
    Field,
    Judgement,
    Kind,
    Mention,
    Probabilities,
    Relation,
    Scores,
    Span,
    Stance,
    Voice,
)
from app.services.correct import settle
from app.services.submit import add_annotation
from app.storage import annotations as annotated
from app.storage.database import Store
from app.storage.tables import SAID

MODEL = "scripted@000000000001"
PRAISE = "France praised Kenya for its reliable courts."
BLAME = "Germany accused Belarus of brutal arrests."


def submission(text: str = PRAISE, *, title: str | None = None, **fields: Any) -> Submission:
    return Submission(text=ArticleText(body=text, title=title), **fields)


def judgement(
    country: str, stance: Stance | None = Stance.NEUTRAL, *, salience: float = 0.5, probability: float = 0.7
) -> Judgement:
    judged = stance or Stance.NEUTRAL
    probabilities = Probabilities(*_shares(judged, probability))
    scores = Scores(*_shares(judged, probability))
    mention = Mention(Field.TEXT, Span(0, 3), "abc", Kind.NAME, 0.9, judged, probabilities, Voice.ATTRIBUTED)
    return Judgement(
        name=f"Land of {country}",
        salience=salience,
        stance=stance,
        scores=scores,
        mentions=(mention, replace(mention, field=Field.TITLE, kind=Kind.PLACE)),
        evidence=(Evidence(Field.TEXT, Span(0, 9), "abc é 🙂 x", judged, probability),),
        country=CountryCode(country),
        attributed=scores,
    )


def relation(source: str, target: str, stance: Stance = Stance.FAVOR, *, probability: float = 0.7) -> Relation:
    quote = f"{source} é {stance} {target}"
    evidence = Evidence(Field.TEXT, Span(2, 2 + len(quote)), quote, stance, probability)
    return Relation(CountryCode(source), CountryCode(target), stance, probability, evidence)


def annotation(*judgements: Judgement, model: str = MODEL, relations: Sequence[Relation] = ()) -> Annotation:
    coverage = Coverage(120, 100, 2)
    return Annotation(model=model, language="en", coverage=coverage, countries=judgements, relations=tuple(relations))


class ScriptedAnnotator:
    """Looks up what to say by the body of the text; of others it says nothing. `relations` by the body too."""

    languages = frozenset({"en"})

    def __init__(
        self,
        script: Mapping[str, Sequence[Judgement]] | None = None,
        *,
        version: str = MODEL,
        healthy: bool = True,
        before: Callable[[], None] = lambda: None,
        relations: Mapping[str, Sequence[Relation]] | None = None,
    ) -> None:
        self.script = dict(script or {})
        self.relations = dict(relations or {})
        self.version = version
        self.description = ModelDescription(version=version, languages=self.languages, size=0, calibrated=False)
        self._healthy = healthy
        self._before = before

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        self._before()
        said = self.script.get(text.body, ())
        return annotation(*said, model=self.version, relations=self.relations.get(text.body, ()))

    def country_name(self, country: CountryCode) -> str:
        return f"Land of {country}"

    def healthy(self) -> bool:
        return self._healthy


def annotate_again(store: Store, article: StoredArticle, said: Annotation) -> StoredAnnotation:
    """What a later annotation of the same text by another model version does."""
    again = annotated.new(UUID(article.id), revision=article.revision, annotation=said)
    with store.transaction() as session:
        session.execute(annotated.hiding(UUID(article.id)))
        for table in SAID:
            session.execute(update(table).where(table.article_id == UUID(article.id)).values(shown=False))
        add_annotation(session, replace(article, annotation=again))
        settle(session, UUID(article.id))
    return again


def _shares(stance: Stance, share: float) -> list[float]:
    return [share if one is stance else (1 - share) / 2 for one in Stance]
