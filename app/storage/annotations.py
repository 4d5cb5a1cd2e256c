"""Statements on annotations: immutable, one a revision and model version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, Select, Update, insert, select, update

from app.domain.records import StoredAnnotation
from app.domain.values import Annotation, Coverage
from app.storage import ids, judgements
from app.storage.keyset import Keyset
from app.storage.tables import SAID, AnnotationRow, ArticleRow

NEWEST = Keyset((AnnotationRow.id,))

Said = tuple[UUID, int, Annotation]
"""What was said of an article in a revision."""


def insertion(stored: StoredAnnotation) -> Insert:
    """The new one is shown; `hiding` comes before it where another was."""
    return insert(AnnotationRow).values(row(stored))


def row(stored: StoredAnnotation) -> dict[str, Any]:
    made = columns([UUID(stored.id)], [(UUID(stored.article_id), stored.revision, stored.annotation)])
    return {name: values[0] for name, values in made.items()}


def columns(identifiers: Sequence[UUID], said: Sequence[Said]) -> Mapping[str, Sequence[Any]]:
    """Of new ones, each of which is shown."""
    found = [each for _, _, each in said]
    return {
        "id": identifiers,
        "article_id": [article_id for article_id, _, _ in said],
        "revision": [revision for _, revision, _ in said],
        "shown": [True] * len(said),
        "created_at": ids.moments(identifiers),
        "model": [each.model for each in found],
        "language": [each.language for each in found],
        "characters": [each.coverage.characters for each in found],
        "encoded_characters": [each.coverage.encoded_characters for each in found],
        "passages": [each.coverage.passages for each in found],
        "judgements": [judgements.dump((*each.countries, *each.targets)) for each in found],
        "relations": [judgements.dump_relations(each.relations) for each in found],
    }


def found(identifier: UUID) -> Select[AnnotationRow]:
    return select(AnnotationRow).where(AnnotationRow.id == identifier)


def of_article(article_id: UUID) -> Select[AnnotationRow]:
    return select(AnnotationRow).where(AnnotationRow.article_id == article_id)


def of_revision(article_id: UUID, revision: int) -> Select[AnnotationRow]:
    return of_article(article_id).where(AnnotationRow.revision == revision)


def hiding(article_id: UUID) -> Update:
    return update(AnnotationRow).where(AnnotationRow.article_id == article_id, AnnotationRow.shown).values(shown=False)


def read(row: AnnotationRow) -> StoredAnnotation:
    said = judgements.load(row.judgements)
    return StoredAnnotation(
        id=str(row.id),
        article_id=str(row.article_id),
        revision=row.revision,
        created_at=row.created_at,
        annotation=Annotation(
            model=row.model,
            language=row.language,
            coverage=Coverage(characters=row.characters, encoded_characters=row.encoded_characters, passages=row.passages),
            countries=tuple(judgement for judgement in said if judgement.country is not None),
            targets=tuple(judgement for judgement in said if judgement.country is None),
            relations=judgements.load_relations(row.relations),
        ),
    )


def new(article_id: UUID, *, revision: int, annotation: Annotation) -> StoredAnnotation:
    identifier = ids.new()
    return StoredAnnotation(str(identifier), str(article_id), revision, ids.moment(identifier), annotation)


def waiting(model: str) -> Select[UUID]:
    """Articles of whose current text `model` said something that is not shown."""
    return (
        select(AnnotationRow.article_id)
        .join(ArticleRow, ArticleRow.id == AnnotationRow.article_id)
        .where(AnnotationRow.model == model, AnnotationRow.revision == ArticleRow.revision, ~AnnotationRow.shown)
    )


def showing(model: str) -> tuple[Update, ...]:
    """In this order they show what `waiting` finds instead of what was shown."""
    hide = update(AnnotationRow).where(AnnotationRow.shown, AnnotationRow.article_id.in_(waiting(model))).values(shown=False)
    current = select(ArticleRow.revision).where(ArticleRow.id == AnnotationRow.article_id).scalar_subquery()
    show = (
        update(AnnotationRow)
        .where(AnnotationRow.model == model, AnnotationRow.revision == current, ~AnnotationRow.shown)
        .values(shown=True)
    )
    follow = [
        update(table)
        .where(table.annotation_id == AnnotationRow.id, table.shown != AnnotationRow.shown)
        .values(shown=AnnotationRow.shown)
        for table in SAID
    ]
    return hide, show, *follow
