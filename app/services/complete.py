"""Make whole what an older version wrote while this one was there already: it knows no words, voices, days and groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from app.domain.errors import ArticleNotFound
from app.domain.records import StoredArticle
from app.services import fetch, index, steps
from app.services.correct import settle
from app.storage import annotations as annotated
from app.storage import articles, claim_stances, said, told
from app.storage.database import Session, Store
from app.storage.said import Insertion
from app.storage.texts import Traits
from app.traces.spans import spanned

BATCH = 100
"""Ids read at once. Each article is a transaction of its own, so that nobody waits long."""


@spanned
async def complete(store: Store) -> int:
    """How many articles it looked after. Several replicas may do it at once, and doing it again changes nothing."""
    total, last = 0, UUID(int=0)
    while found := await steps.read(store, _outdated, last):
        for identifier in found:
            # Deleted meanwhile.
            with suppress(ArticleNotFound):
                await _one(store, str(identifier))
        total, last = total + len(found), found[-1]
    return total


async def _one(store: Store, identifier: str) -> None:
    article = await fetch.article(store, identifier)
    await steps.write(store, _complete, article, await index.traits(article.submission.text))


def _outdated(session: Session, last: UUID) -> list[UUID]:
    return list(session.scalars(articles.outdated(after=last).limit(BATCH)))


def _complete(session: Session, read: StoredArticle, traits: Traits) -> None:
    article_id = UUID(read.id)
    group = index.join(session, traits, article_id=article_id)
    session.execute(articles.locked(article_id))
    current = fetch.present(session, read.id)
    if current.revision != read.revision:
        # Its text was replaced meanwhile. The next time finds it, unless it is whole.
        return
    whole = replace(current, duplicate_group=group)
    session.execute(articles.completion(whole))
    index.replace(session, article_id, traits)
    for removal in (*said.removal(article_id), claim_stances.removal(article_id, before=current.revision)):
        session.execute(removal)
    session.execute(claim_stances.following(whole))
    for insertion, rows in _insertions(session, whole):
        session.execute(insertion, rows)
    settle(session, article_id)


def _insertions(session: Session, article: StoredArticle) -> Iterator[Insertion]:
    """Of every model version that read the current text."""
    repeated = told.of_article(article)
    for row in session.scalars(annotated.of_revision(UUID(article.id), article.revision)).all():
        for insertion, rows in said.insertions(replace(article, annotation=annotated.read(row))):
            yield insertion, [{**each, **repeated, "shown": row.shown} for each in rows]
