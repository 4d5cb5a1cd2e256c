"""A reviewer's word on an article and a country. It holds in every query until it is revoked; the model's stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from app.domain import keys as callers
from app.domain.errors import CorrectionNotFound
from app.domain.records import Correction, Page, StoredArticle, now
from app.domain.values import Verdict
from app.services import fetch, paging, steps
from app.services.ports import Annotator
from app.storage import articles, corrections, cursors, ids, stances, told, vectors
from app.storage.database import Session, Store
from app.traces.spans import spanned

ANONYMOUS = callers.ANONYMOUS.name
"""Who calls, as long as there are no keys."""


@spanned
async def correct(
    store: Store, annotator: Annotator, identifier: str, verdict: Verdict, *, reason: str | None = None, reviewer: str = ANONYMOUS
) -> Correction:
    """Holds instead of what was said before of the country, also of later texts and by later models. Raises ArticleNotFound."""
    name = annotator.country_name(verdict.country)
    return await steps.write(store, _correct, identifier, verdict, name=name, reason=reason, reviewer=reviewer)


@spanned
async def revoke(store: Store, identifier: str, correction_id: str, *, reviewer: str = ANONYMOUS) -> Correction:
    """What held before holds again. Revoking twice changes nothing. Raises ArticleNotFound and CorrectionNotFound."""
    return await steps.write(store, _revoke, identifier, correction_id, reviewer=reviewer)


@spanned
async def of_article(store: Store, identifier: str, *, limit: int, cursor: str | None = None) -> Page[Correction]:
    """All, the newest first, revoked ones included. Raises ArticleNotFound."""
    article_id = await steps.read(store, fetch.existing, identifier)
    return await paging.page(
        store,
        corrections.of_article(article_id),
        corrections.NEWEST,
        lambda row: corrections.read(row[0]),
        bound_to=cursors.binding("corrections", about=str(article_id)),
        limit=limit,
        cursor=cursor,
    )


@spanned
async def everything(store: Store, *, limit: int, cursor: str | None = None) -> Page[Correction]:
    """Of all articles, the newest first."""
    return await paging.page(
        store,
        corrections.listed(),
        corrections.NEWEST,
        lambda row: corrections.read(row[0]),
        bound_to=cursors.binding("all corrections"),
        limit=limit,
        cursor=cursor,
    )


def settle(session: Session, article_id: UUID) -> None:
    """Make the rows of an article say what its corrections say: after each of them, and after each annotation."""
    for statement in corrections.forgetting(article_id):
        session.execute(statement)
    holding = {row.country: corrections.read(row) for row in session.scalars(corrections.standing(article_id))}
    if not holding:
        return
    session.execute(corrections.overruling(article_id, holding))
    if gone := [country for country, correction in holding.items() if not correction.verdict.present]:
        session.execute(corrections.overruling_relations(article_id, gone))
    if rows := list(_rows(session, article_id, holding)):
        session.execute(stances.insertion(), rows)


def _rows(session: Session, article_id: UUID, holding: dict[str, Correction]) -> Iterator[dict[str, Any]]:
    """One for each annotation of the current text and each country that is there."""
    present = {country: correction for country, correction in holding.items() if correction.verdict.present}
    article = fetch.present(session, str(article_id))
    said = {(row.annotation_id, row.country): row._mapping for row in session.execute(corrections.overruled(article_id))}
    for annotation_id, model, shown in session.execute(corrections.speakers(article_id)).all():
        shared = _shared(article, annotation_id, model, shown)
        for rank, (country, correction) in enumerate(present.items(), start=1):
            before = said.get((annotation_id, country))
            yield corrections.over(before, correction.verdict) if before else corrections.added(shared, correction, rank=-rank)


def _shared(article: StoredArticle, annotation_id: UUID, model: str, shown: bool) -> dict[str, Any]:
    own = {"annotation_id": annotation_id, "article_id": UUID(article.id), "model": model, "shown": shown}
    return {**own, **told.of_article(article)}


def _correct(session: Session, identifier: str, verdict: Verdict, *, name: str, reason: str | None, reviewer: str) -> Correction:
    article_id = _locked(session, identifier)
    revision = fetch.present(session, identifier).revision
    made = corrections.new(article_id, verdict, revision=revision, name=name, reviewer=reviewer, reason=reason)
    session.execute(corrections.insertion(made))
    _settle_anew(session, article_id)
    return made


def _revoke(session: Session, identifier: str, correction_id: str, *, reviewer: str) -> Correction:
    article_id, wanted = _locked(session, identifier), ids.parse(correction_id)
    row = session.scalar(corrections.found(article_id, wanted)) if wanted else None
    if row is None:
        raise CorrectionNotFound(correction_id)
    if row.revoked_at is None:
        session.execute(corrections.revocation(row.id, at=now(), by=reviewer))
        _settle_anew(session, article_id)
        session.expire_all()
    return corrections.read(session.scalars(corrections.found(article_id, row.id)).one())


def _settle_anew(session: Session, article_id: UUID) -> None:
    settle(session, article_id)
    # Claims about a country may mean it now, or no longer.
    session.execute(vectors.waiting(article_id))


def _locked(session: Session, identifier: str) -> UUID:
    """Two corrections of one article come one after the other, so that the later of them sees the earlier."""
    session.execute(articles.locked(fetch.article_id_of(identifier)))
    return fetch.existing(session, identifier)
