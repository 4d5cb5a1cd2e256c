"""Compare articles with the claims soon after they came in, wherever that was: docs/decisions/0042-compared-after-the-commit.md.

For each the cost is a part of one product of matrices, and no model is asked. What could mean a claim is then read by `judge`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from anyio import to_thread

from app.domain.jobs import Item, Priority
from app.domain.records import Filter, now
from app.services import closer, steps
from app.services.ports import ClaimReader, Dispatcher
from app.services.receive import cut
from app.storage import chunks, claim_stances, claims, filters, publication, vectors
from app.storage.database import Session, Store, driver_connection

AT_ONCE = 256
"""Articles of one look: with a thousand claims some hundredths of a second."""

Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class _Known:
    """A claim as it is remembered. The range is of `published_order`; an article without a date is in none."""

    id: UUID
    job_id: UUID
    countries: frozenset[str]
    first: int | None
    end: int | None

    def asks(self, article: _Article) -> bool:
        dated = article.published_order > publication.UNDATED
        if (self.first is not None or self.end is not None) and not dated:
            return False
        in_time = (self.first is None or article.published_order >= self.first) and (
            self.end is None or article.published_order < self.end
        )
        return in_time and (not self.countries or bool(self.countries & article.countries))


@dataclass(frozen=True, slots=True)
class _Article:
    id: UUID
    published_order: int
    countries: frozenset[str]
    vectors: bytes | None


@dataclass(frozen=True, slots=True)
class _Memory:
    """All claims, as they are at a version of theirs. `vectors` are those that the reader can compare, one after another, and
    `asked` what it made of them for its second look.
    """

    version: int | None
    claims: Sequence[_Known]
    vectors: bytes
    asked: Any


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Articles that wait, by the number of their waiting. What is known of them is younger than that, and the claims too."""

    numbers: Mapping[int, UUID]
    articles: Sequence[_Article]
    memory: _Memory
    judged: Sequence[Pair]


class Watch:
    """Of one process; several may watch one database at once."""

    def __init__(self, store: Store, reader: ClaimReader, dispatcher: Dispatcher) -> None:
        self._store, self._reader, self._dispatcher = store, reader, dispatcher
        self._memory = _Memory(None, (), b"", None)

    async def look(self) -> None:
        """Until no article waits."""
        while await self._look() == AT_ONCE:
            pass

    async def _look(self) -> int:
        """How many articles waited."""
        waiting = await steps.read(self._store, self._read)
        if not waiting.numbers:
            return 0
        alike = await to_thread.run_sync(self._alike, waiting)
        passing = _by_job(waiting.memory, await closer.meant(self._store, self._reader, waiting.memory.asked, alike))
        leaving = _leaving(waiting)
        if await steps.write(self._store, self._enqueue, waiting, passing, leaving):
            self._dispatcher.announce()
        return len(waiting.numbers)

    def _read(self, session: Session) -> _Waiting:
        """First who waits, then the claims: one that is made after this is compared with these articles by its own job."""
        numbers = dict(session.execute(vectors.longest_waiting(self._reader.vectors_of, AT_ONCE)).all())
        if not numbers:
            return _Waiting({}, (), self._memory, ())
        self._memory = self._remembered(session)
        article_ids = list(dict.fromkeys(numbers.values()))
        judged = session.execute(claim_stances.of_articles(article_ids)).all()
        return _Waiting(numbers, self._articles(session, article_ids), self._memory, judged)

    def _remembered(self, session: Session) -> _Memory:
        version = session.scalar(claims.version())
        if version == self._memory.version:
            return self._memory
        rows = session.execute(claims.known()).all()
        known = [_known(row.id, row.job_id, filters.load(row.wanted)) for row in rows]
        made = [row.vector if row.vectors_of == self._reader.vectors_of else None for row in rows]
        usable = [(each, vector) for each, vector in zip(known, made, strict=True) if vector is not None]
        together = b"".join(vector for _, vector in usable)
        texts = [row.text for row, vector in zip(rows, made, strict=True) if vector is not None]
        return _Memory(version, [each for each, _ in usable], together, self._reader.asked(texts, together))

    def _articles(self, session: Session, article_ids: Sequence[UUID]) -> list[_Article]:
        if not self._memory.claims:
            return []
        made = {found: vector for found, _, vector in session.execute(vectors.of(article_ids, self._reader.vectors_of))}
        about: defaultdict[UUID, set[str]] = defaultdict(set)
        if any(claim.countries for claim in self._memory.claims):
            for article_id, country in session.execute(vectors.countries(article_ids)):
                about[article_id].add(country)
        return [
            _Article(article_id, order, frozenset(about[article_id]), made.get(article_id))
            for article_id, order in session.execute(vectors.published(article_ids))
        ]

    def _alike(self, waiting: _Waiting) -> closer.Alike:
        """By article the claims that its vectors could mean, that ask it, and of which nothing was read in it yet."""
        compared = [article for article in waiting.articles if article.vectors is not None]
        meant = self._reader.meant([article.vectors or b"" for article in compared], waiting.memory.vectors) if compared else ()
        known, found = set(waiting.judged), {}
        for article, places in zip(compared, meant, strict=True):
            asking = [(place, waiting.memory.claims[place]) for place in places]
            left = [place for place, claim in asking if (claim.id, article.id) not in known and claim.asks(article)]
            if left:
                found[article.id] = (article.vectors or b"", left)
        return found

    def _enqueue(
        self, session: Session, waiting: _Waiting, passing: Mapping[UUID, Sequence[UUID]], leaving: Sequence[Pair]
    ) -> bool:
        """Whether there is something to read. What another process looked at meanwhile is its business."""
        mine = set(session.scalars(vectors.compared(list(waiting.numbers))))
        standing = set(session.scalars(claims.standing(list(passing)))) if passing else set()
        moment = now()
        rows = [
            chunks.row(job_id, part, moment, priority=Priority.BULK)
            for job_id, article_ids in passing.items()
            if job_id in standing
            for part in cut([Item(0, str(article_id)) for article_id in article_ids if article_id in mine])
        ]
        if rows:
            session.execute(chunks.insertion(), rows)
            self._dispatcher.enqueue(driver_connection(session), [chunks.call(row) for row in rows])
        if leaving:
            session.execute(claim_stances.forgetting(leaving))
        return bool(rows)


async def renew(store: Store, reader: ClaimReader | None) -> None:
    """Once at start: claims that were made beside another model version get a vector that can be compared with its vectors."""
    if reader is None:
        return
    outdated = await steps.read(store, lambda session: session.execute(claims.outdated(reader.vectors_of)).all())
    if outdated:
        made = [(claim_id, await reader.vector(text, bulk=True)) for claim_id, text in outdated]
        await steps.write(store, _renew, made, reader.vectors_of)


async def forget_needless(store: Store) -> None:
    """As long as there are no claims, nobody has to look at what came in."""
    if await steps.read(store, lambda session: session.scalar(claims.known().limit(1))) is None:
        await steps.write(store, _forget_needless)


def _by_job(memory: _Memory, meant: Mapping[UUID, Sequence[int]]) -> Mapping[UUID, Sequence[UUID]]:
    """By the job of each claim, the articles that are to be read for it."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for article_id, places in meant.items():
        for place in places:
            found[memory.claims[place].job_id].append(article_id)
    return found


def _known(claim_id: UUID, job_id: UUID, wanted: Filter) -> _Known:
    first = None if wanted.published_from is None else publication.order_of(wanted.published_from)
    end = None if wanted.published_to is None else publication.order_of(wanted.published_to)
    return _Known(claim_id, job_id, frozenset(wanted.countries), first, end)


def _leaving(waiting: _Waiting) -> list[Pair]:
    """What was read of claims that do not ask these articles any more, because they were dated anew or corrected."""
    known = {claim.id: claim for claim in waiting.memory.claims}
    articles = {article.id: article for article in waiting.articles}
    return [
        (claim_id, article_id)
        for claim_id, article_id in waiting.judged
        if claim_id in known and article_id in articles and not known[claim_id].asks(articles[article_id])
    ]


def _renew(session: Session, made: Sequence[tuple[UUID, bytes]], vectors_of: str) -> None:
    for claim_id, vector in made:
        session.execute(claims.renewal(claim_id, vector, vectors_of))
    session.execute(claims.change(session.get_bind().dialect.name))


def _forget_needless(session: Session) -> None:
    session.execute(vectors.needless())
