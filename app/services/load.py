"""Store many articles with their annotations in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.errors import ArticleConflict
from app.domain.records import StoredArticle, Submission
from app.domain.values import Annotation
from app.services import identity, steps
from app.services.submit import created
from app.storage import articles, bulk
from app.storage.database import Session, Store

MOST = 5_000
"""Articles of one transaction: some 30 MB of rows, and a second or two during which SQLite has no other writer."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one article; `created` is False where an equal one was stored already."""

    article_id: str
    created: bool


Given = tuple[Submission, Annotation]
Outcome = Loaded | ArticleConflict


async def load(store: Store, given: Sequence[Given]) -> tuple[Outcome, ...]:
    """One outcome for each, in order; a conflict keeps none of the others out. Raises ValueError for more than MOST."""
    if len(given) > MOST:
        raise ValueError(f"more than {MOST} articles")
    return await steps.write(store, _load, given)


def _load(session: Session, given: Sequence[Given]) -> tuple[Outcome, ...]:
    new = _new(session, given)
    bulk.add(session, list(new.values()))
    # Whatever is left in `new` when its digest comes up was made by this very line of `given`; the second such is a repetition.
    return tuple(_outcome(session, submission, new.pop(articles.digest(submission), None)) for submission, _ in given)


def _new(session: Session, given: Sequence[Given]) -> dict[bytes, StoredArticle]:
    """By identity, without those that are stored already; of several with one identity the first."""
    first = {articles.digest(submission): (submission, annotation) for submission, annotation in reversed(given)}
    taken = set(session.scalars(articles.taken(list(first))))
    return {digest: created(*pair) for digest, pair in reversed(first.items()) if digest not in taken}


def _outcome(session: Session, submission: Submission, made: StoredArticle | None) -> Outcome:
    if made is not None:
        return Loaded(made.id, created=True)
    try:
        stored = identity.stored_already(session, submission)
    except ArticleConflict as conflict:
        return conflict
    assert stored is not None
    return Loaded(stored.id, created=False)
