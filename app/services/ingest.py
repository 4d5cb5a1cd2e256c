"""Store many articles with their annotations in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anyio import to_thread

from app.domain.errors import ArticleConflict
from app.domain.records import Submission
from app.domain.values import Annotation
from app.services import identity, steps
from app.services.grouping import Grouping, New
from app.services.submit import created
from app.storage import articles, bulk, texts
from app.storage.database import Session, Store
from app.storage.texts import Traits
from app.traces.spans import spanned

MOST = 5_000
"""Articles of one transaction: some 30 MB of rows, and a second or two during which SQLite has no other writer."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one article; `created` is False where an equal one was stored already."""

    article_id: str
    created: bool


Given = tuple[Submission, Annotation]
Outcome = Ingested | ArticleConflict


@spanned
async def ingest(store: Store, given: Sequence[Given]) -> tuple[Outcome, ...]:
    """One outcome for each, in order; a conflict keeps none of the others out. Raises ValueError for more than MOST."""
    if len(given) > MOST:
        raise ValueError(f"more than {MOST} articles")
    traits = await to_thread.run_sync(lambda: [texts.traits(submission.text) for submission, _ in given])
    return await steps.write(store, _ingest, given, traits)


def _ingest(session: Session, given: Sequence[Given], traits: Sequence[Traits]) -> tuple[Outcome, ...]:
    new = _new(session, given, traits)
    bulk.add(session, Grouping(session, [each for _, each in new.values()]).joined(list(new.values())))
    # Whatever is left in `new` when its digest comes up was made by this very line of `given`; the second such is a repetition.
    return tuple(_outcome(session, submission, new.pop(articles.digest(submission), None)) for submission, _ in given)


def _new(session: Session, given: Sequence[Given], traits: Sequence[Traits]) -> dict[bytes, New]:
    """By identity, without those that are stored already; of several with one identity the first."""
    first = {
        articles.digest(submission): (submission, said, each)
        for (submission, said), each in reversed(list(zip(given, traits, strict=True)))
    }
    taken = set(session.scalars(articles.taken(list(first))))
    missing = [(digest, *parts) for digest, parts in reversed(first.items()) if digest not in taken]
    return {digest: (created(submission, said), each) for digest, submission, said, each in missing}


def _outcome(session: Session, submission: Submission, made: New | None) -> Outcome:
    if made is not None:
        return Ingested(made[0].id, created=True)
    try:
        stored = identity.stored_already(session, submission)
    except ArticleConflict as conflict:
        return conflict
    assert stored is not None
    return Ingested(stored.id, created=False)
