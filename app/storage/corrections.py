"""Statements on corrections, and on the stance rows that they make: docs/decisions/0007-the-humans-word.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, RowMapping, Select, Update, delete, insert, or_, select, update

from app.domain.records import Correction
from app.domain.values import CountryCode, Stance, Verdict
from app.storage import ids
from app.storage.keyset import Keyset
from app.storage.standing import Standing
from app.storage.tables import SAID, AnnotationRow, ArticleRow, CorrectionRow, RelationRow, StanceRow

NEWEST = Keyset((CorrectionRow.id,))

UNSAID = {"kinds": 0, "mention_count": 0, "salience": 0.0, "evidence": None}
"""Of a country that the model did not find: nothing refers to it, and how much the article is about it nobody said."""


def new(article_id: UUID, verdict: Verdict, *, revision: int, name: str, reviewer: str, reason: str | None) -> Correction:
    identifier = ids.new()
    return Correction(
        id=str(identifier),
        article_id=str(article_id),
        revision=revision,
        created_at=ids.moment(identifier),
        reviewer=reviewer,
        verdict=verdict,
        name=name,
        reason=reason,
    )


def insertion(correction: Correction) -> Insert:
    return insert(CorrectionRow).values(
        id=UUID(correction.id),
        article_id=UUID(correction.article_id),
        revision=correction.revision,
        country=correction.verdict.country,
        name=correction.name,
        present=correction.verdict.present,
        stance=correction.verdict.stance,
        reason=correction.reason,
        reviewer=correction.reviewer,
        created_at=correction.created_at,
    )


def found(article_id: UUID, identifier: UUID) -> Select[CorrectionRow]:
    return select(CorrectionRow).where(CorrectionRow.article_id == article_id, CorrectionRow.id == identifier)


def of_article(article_id: UUID) -> Select[CorrectionRow]:
    return select(CorrectionRow).where(CorrectionRow.article_id == article_id)


def listed() -> Select[CorrectionRow]:
    return select(CorrectionRow)


def revocation(identifier: UUID, *, at: datetime, by: str) -> Update:
    return update(CorrectionRow).where(CorrectionRow.id == identifier).values(revoked_at=at, revoked_by=by)


def standing(article_id: UUID) -> Select[CorrectionRow]:
    """Those that are not revoked, the latest last."""
    return of_article(article_id).where(CorrectionRow.revoked_at.is_(None)).order_by(CorrectionRow.id)


def read(row: CorrectionRow) -> Correction:
    return Correction(
        id=str(row.id),
        article_id=str(row.article_id),
        revision=row.revision,
        created_at=row.created_at,
        reviewer=row.reviewer,
        verdict=Verdict(CountryCode(row.country), present=row.present, stance=row.stance),
        name=row.name,
        reason=row.reason,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
    )


def forgetting(article_id: UUID) -> tuple[Delete | Update, ...]:
    """The rows of an article as the model left them."""
    annotations = select(AnnotationRow.id).where(AnnotationRow.article_id == article_id)
    restored = [
        update(table)
        .where(table.annotation_id.in_(annotations), table.standing == Standing.OVERRULED)
        .values(standing=Standing.MODEL)
        for table in SAID
    ]
    of_reviewers = (StanceRow.annotation_id.in_(annotations), StanceRow.standing == Standing.HUMAN)
    return delete(StanceRow).where(*of_reviewers), *restored


def overruling(article_id: UUID, countries: Iterable[str]) -> Update:
    annotations = select(AnnotationRow.id).where(AnnotationRow.article_id == article_id)
    said = (StanceRow.annotation_id.in_(annotations), StanceRow.country.in_(list(countries)))
    return update(StanceRow).where(*said).values(standing=Standing.OVERRULED)


def overruling_relations(article_id: UUID, gone: Sequence[str]) -> Update:
    """Of and toward countries that the article is not about."""
    annotations = select(AnnotationRow.id).where(AnnotationRow.article_id == article_id)
    of_them = or_(RelationRow.source.in_(gone), RelationRow.target.in_(gone))
    return update(RelationRow).where(RelationRow.annotation_id.in_(annotations), of_them).values(standing=Standing.OVERRULED)


def speakers(article_id: UUID) -> Select[UUID, str, bool]:
    """The annotations of the current text, of which each has rows of its own: id, model, and whether it is shown."""
    current = (ArticleRow.id == AnnotationRow.article_id) & (ArticleRow.revision == AnnotationRow.revision)
    chosen = select(AnnotationRow.id, AnnotationRow.model, AnnotationRow.shown).join(ArticleRow, current)
    return chosen.where(AnnotationRow.article_id == article_id).order_by(AnnotationRow.id)


def overruled(article_id: UUID) -> Select[*tuple[Any, ...]]:
    annotated = select(AnnotationRow.id).where(AnnotationRow.article_id == article_id)
    rows = select(*StanceRow.__table__.columns).where(StanceRow.annotation_id.in_(annotated))
    return rows.where(StanceRow.standing == Standing.OVERRULED)


def over(row: RowMapping, verdict: Verdict) -> dict[str, Any]:
    """A reviewer's row beside the model's. It was about the whole article; what the model heard of each voice stays."""
    return {**row, "standing": Standing.HUMAN, **_certain(verdict.stance)}


def added(shared: Mapping[str, Any], correction: Correction, *, rank: int) -> dict[str, Any]:
    """A reviewer's row for a country that the model did not find."""
    verdict = correction.verdict
    named = {"country": verdict.country, "name": correction.name, "rank": rank, "standing": Standing.HUMAN}
    silent = {f"{voice}_{what}": None for voice in ("author", "attributed") for what in ("stance", *Stance)}
    return {**shared, **named, **UNSAID, **silent, **_certain(verdict.stance)}


def _certain(stance: Stance | None) -> dict[str, Any]:
    """A person gave no scores; what they said counts as certain, so that `min_score` never hides it."""
    sure = {one.value: 1.0 if one is stance else 0.0 for one in Stance}
    undecided = {one.value: 1 / 3 for one in Stance}
    return {"stance": stance, "probability": None if stance is None else 1.0, **(undecided if stance is None else sure)}
