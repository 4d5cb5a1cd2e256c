"""Store what was said of the articles of a chunk, once: an annotation of a text by a model version is inserted or kept.

An article that was imported is `pending` until it is settled for the first time. Only then its words and its near-duplicates are
known: docs/decisions/0024-derived-when-read.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.jobs import ChunkState, FailureKind, Item, JobFailure
from app.domain.records import read_language
from app.domain.values import Annotation, ArticleStatus, ArticleText
from app.services import correct
from app.services.grouping import Grouping
from app.storage import batches, bulk, chunks, jobs, texts
from app.storage import said as saying
from app.storage import told as telling
from app.storage.batches import Learnt
from app.storage.database import Row, Session, Store
from app.storage.derived import Derived, Spoken
from app.storage.job_tables import ChunkRow
from app.storage.texts import Traits
from app.storage.told import Told


@dataclass(frozen=True, slots=True)
class Unread:
    """An article that is to be annotated: the text that it has now. `pending`: nothing is derived of it yet."""

    article_id: UUID
    revision: int
    text: ArticleText
    language: str | None
    pending: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of articles: read, impossible to read (with the reason), or with nothing left to do.

    `derived` is of the texts that pend, `spoken` of what was said.
    """

    said: Sequence[tuple[Unread, Annotation]] = ()
    failed: Sequence[tuple[Unread, str]] = ()
    needless: Sequence[str] = ()
    derived: Derived | None = None
    spoken: Spoken | None = None

    def article_ids(self) -> set[str]:
        read = (str(unread.article_id) for unread, _ in (*self.said, *self.failed))
        return {*read, *self.needless}


def unread(session: Session, article_ids: Iterable[str], model: str) -> list[Unread]:
    """Those that exist and of whose text this model version has not spoken. Of those that pend nobody has."""
    found = current(session, map(UUID, article_ids))
    read = [unread.article_id for unread in found if not unread.pending]
    spoken = set(session.scalars(batches.already_said(read, model))) if read else set()
    return [unread for unread in found if unread.article_id not in spoken]


def current(session: Session, article_ids: Iterable[UUID]) -> list[Unread]:
    """Those that exist."""
    rows = session.execute(batches.current(article_ids))
    return [
        Unread(article_id, revision, ArticleText(body=body, title=title), language, status is ArticleStatus.PENDING)
        for article_id, revision, status, language, title, body in rows
    ]


def traits(read: Iterable[Unread]) -> dict[UUID, Traits]:
    """Of those that pend. Before the transaction: long texts take their time."""
    return {unread.article_id: texts.traits(unread.text) for unread in read if unread.pending}


def settled(
    said: Sequence[tuple[Unread, Annotation]],
    failed: Sequence[tuple[Unread, str]],
    needless: Sequence[str],
    store: Store,
) -> Settled:
    """With all that can be made ready before the transaction."""
    derived = Derived.of(traits([unread for unread, _ in (*said, *failed)]), store)
    return Settled(said, failed, needless, derived, spoken(said, store))


def spoken(said: Sequence[tuple[Unread, Annotation]], by: Store | Session) -> Spoken:
    return Spoken.of([(unread.article_id, unread.revision, annotation) for unread, annotation in said], by)


def keep(session: Session, chunk_id: UUID, settled: Settled, moment: datetime, **ending: Any) -> list[Item] | None:
    """What is left of the chunk; None where it was taken away meanwhile. What was read is kept all the same.

    `ending` is what else is then true of the chunk.
    """
    chunk = session.scalar(chunks.locked(chunk_id))
    taken_away = chunk is None or chunk.state is not ChunkState.RUNNING
    _write(session, replace(settled, failed=()) if taken_away else settled)
    if chunk is None or taken_away:
        return None
    article_ids = settled.article_ids()
    items = chunks.read(chunk).items
    rest = [item for item in items if item.article_id not in article_ids]
    failed = _record(session, chunk, items, settled.failed, moment)
    done = chunk.done + len(items) - len(rest) - failed
    # Who gets on does not die of it: only deaths without progress in between speak against an article.
    changes = {"items": chunks.dump(rest), "done": done, "deaths": 0 if article_ids else chunk.deaths, **ending}
    session.execute(chunks.change(chunk_id, moment, **changes))
    return rest


def write(
    session: Session,
    said: Sequence[tuple[Unread, Annotation]],
    failed: Sequence[tuple[Unread, str]],
    traits: Mapping[UUID, Traits],
) -> None:
    """What this model version has said of a text already is kept, and what it says of one that was replaced is dropped."""
    _write(session, Settled(said, failed, (), Derived.of(traits, session), spoken(said, session)))


def _write(session: Session, settled: Settled) -> None:
    if not settled.said and not settled.failed:
        return
    writing = _Writing(session, settled)
    if settled.spoken:
        writing.annotate({unread.article_id: annotation for unread, annotation in settled.said}, settled.spoken)
    writing.fail({unread.article_id for unread, _ in settled.failed})


class _Writing:
    """Some articles of one transaction, locked. Groups come before, because who stores one article asks in this order too."""

    def __init__(self, session: Session, settled: Settled) -> None:
        self._session = session
        self._derived = settled.derived if settled.derived and settled.derived.traits else None
        self._grouping = Grouping(session, list(self._derived.traits.values())) if self._derived else None
        read = {unread.article_id: unread.revision for unread, _ in (*settled.said, *settled.failed)}
        found = session.execute(batches.locked(read)).all()
        self._rows = {row.id: row for row in found if row.revision == read[row.id]}

    def annotate(self, said: Mapping[UUID, Annotation], spoken: Spoken) -> None:
        rows = self._unsaid(said)
        if not rows:
            return
        if read := [article_id for article_id, row in rows.items() if row.status is not ArticleStatus.PENDING]:
            for hiding in batches.hiding(read):
                self._session.execute(hiding)
        learnt = self._settle({article_id: said[article_id].language for article_id in rows}, ArticleStatus.ANNOTATED)
        spoken.store(self._session, rows)
        told = [_told(row, spoken.ids[article_id], said[article_id], learnt[article_id]) for article_id, row in rows.items()]
        for table, made in saying.rows_told(told):
            bulk.insert(self._session, table, made)
        for article_id in self._session.scalars(batches.corrected(list(rows))).all():
            correct.settle(self._session, article_id)

    def fail(self, among: set[UUID]) -> None:
        """What another model version said stays, and so does its status."""
        left = [row.id for row in self._rows.values() if row.id in among and row.status is not ArticleStatus.ANNOTATED]
        self._settle(dict.fromkeys(left), ArticleStatus.FAILED)

    def _unsaid(self, said: Mapping[UUID, Annotation]) -> Mapping[UUID, Row[Any]]:
        """Of those that pend nobody has spoken."""
        rows = {article_id: row for article_id, row in self._rows.items() if article_id in said}
        read = [article_id for article_id, row in rows.items() if row.status is not ArticleStatus.PENDING]
        for article_id in self._session.scalars(batches.already_said(read, said[read[0]].model)) if read else ():
            del rows[article_id]
        return rows

    def _settle(self, languages: Mapping[UUID, str | None], status: ArticleStatus) -> Mapping[UUID, Learnt]:
        """Also of those that pended. `languages` are those that the model found."""
        rows = {article_id: self._rows[article_id] for article_id in languages}
        joined = self._join([article_id for article_id, row in rows.items() if row.status is ArticleStatus.PENDING])
        # One that was read before may have its first near-duplicate among those that pended.
        joined |= {article_id: article_id for article_id in self._founded() if article_id in rows}
        learnt = {
            article_id: (read_language(row.language or languages[article_id]), joined.get(article_id, row.duplicate_group))
            for article_id, row in rows.items()
        }
        for article_id, row in rows.items():
            # What older annotations said repeats the language, which this model may have found to be another.
            if row.status is ArticleStatus.ANNOTATED and row.read_language != learnt[article_id][0]:
                for following in batches.following(article_id, learnt[article_id][0]):
                    self._session.execute(following)
        for update in batches.settling(learnt, status):
            self._session.execute(update)
        return learnt

    def _founded(self) -> Collection[UUID]:
        return self._grouping.founded if self._grouping else ()

    def _join(self, pending: Sequence[UUID]) -> dict[UUID, UUID | None]:
        if self._grouping is None or self._derived is None or not pending:
            return {}
        self._derived.store(self._session, set(pending))
        return self._grouping.join({article_id: self._derived.traits[article_id] for article_id in pending})


def _told(row: Row[Any], identifier: UUID, said: Annotation, learnt: Learnt) -> Told:
    language, group = learnt
    repeated = telling.repeated(order=row.published_order, publisher=row.publisher, language=language, group=group)
    return Told(identifier, row.id, row.revision, said, repeated)


def _record(
    session: Session, chunk: ChunkRow, items: Sequence[Item], failed: Sequence[tuple[Unread, str]], moment: datetime
) -> int:
    """How many items could not be read."""
    reasons = {str(unread.article_id): reason for unread, reason in failed}
    found = [
        JobFailure(item.line, FailureKind.FAILED, item.article_id, reasons[item.article_id], moment)
        for item in items
        if item.article_id in reasons
    ]
    if found:
        session.execute(jobs.recording(), [jobs.failure(chunk.job_id, failure) for failure in found])
    return len(found)
