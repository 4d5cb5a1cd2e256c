"""Store what was said of the articles of a chunk, once: an annotation of a text by a model version is inserted or kept.

An article that was imported is `pending` until it is settled for the first time. Only then its words and its near-duplicates are
known: docs/decisions/0024-derived-when-read.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.domain.jobs import ChunkState, FailureKind, Item, JobFailure
from app.domain.records import StoredArticle
from app.domain.values import Annotation, ArticleStatus, ArticleText
from app.services import correct
from app.services.grouping import Grouping, New
from app.storage import annotations as annotated
from app.storage import articles, batches, bulk, chunks, groups, jobs, searchable, stances, texts
from app.storage.database import Session
from app.storage.job_tables import ChunkRow
from app.storage.tables import AnnotationRow, BandRow, SearchableRow, StanceRow
from app.storage.texts import Traits


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

    `traits` are those of the texts that pend.
    """

    said: Sequence[tuple[Unread, Annotation]] = ()
    failed: Sequence[tuple[Unread, str]] = ()
    needless: Sequence[str] = ()
    traits: Mapping[UUID, Traits] = field(default_factory=dict)

    def article_ids(self) -> set[str]:
        read = (str(unread.article_id) for unread, _ in (*self.said, *self.failed))
        return {*read, *self.needless}


def unread(session: Session, article_ids: Iterable[str], model: str) -> list[Unread]:
    """Those that exist and of whose text this model version has not spoken."""
    among = [UUID(article_id) for article_id in article_ids]
    spoken = set(session.scalars(batches.already_said(among, model)))
    return current(session, [article_id for article_id in among if article_id not in spoken])


def current(session: Session, article_ids: Iterable[UUID]) -> list[Unread]:
    """Those that exist."""
    rows = session.execute(batches.current(article_ids))
    return [
        Unread(article_id, revision, ArticleText(body=body, title=title), language, status is ArticleStatus.PENDING)
        for article_id, revision, status, language, title, body in rows
    ]


def derived(read: Iterable[Unread]) -> dict[UUID, Traits]:
    """Of those that pend. Before the transaction: long texts take their time."""
    return {unread.article_id: texts.traits(unread.text) for unread in read if unread.pending}


def keep(session: Session, chunk_id: UUID, settled: Settled, moment: datetime) -> ChunkRow | None:
    """The chunk as it is after it; None where it was taken away meanwhile. What was read is kept all the same."""
    chunk = session.scalar(chunks.locked(chunk_id))
    taken_away = chunk is None or chunk.state is not ChunkState.RUNNING
    write(session, settled.said, () if taken_away else settled.failed, settled.traits)
    if chunk is None or taken_away:
        return None
    article_ids = settled.article_ids()
    items = chunks.read(chunk).items
    rest = [item for item in items if item.article_id not in article_ids]
    failed = _record(session, chunk, items, settled.failed, moment)
    done = chunk.done + len(items) - len(rest) - failed
    # Who gets on does not die of it: only deaths without progress in between speak against an article.
    changes = {"items": chunks.dump(rest), "done": done, "deaths": 0 if article_ids else chunk.deaths}
    session.execute(chunks.change(chunk_id, moment, **changes))
    return session.scalar(chunks.found(chunk_id))


def write(
    session: Session,
    said: Sequence[tuple[Unread, Annotation]],
    failed: Sequence[tuple[Unread, str]],
    traits: Mapping[UUID, Traits],
) -> None:
    """What this model version has said of a text already is kept, and what it says of one that was replaced is dropped."""
    if not said and not failed:
        return
    unread = {unread.article_id: unread for unread, _ in (*said, *failed)}
    writing = _Writing(session, unread, traits)
    writing.annotate({unread.article_id: annotation for unread, annotation in said})
    writing.fail({unread.article_id for unread, _ in failed})


class _Writing:
    """Some articles of one transaction, locked. Groups come before, because who stores one article asks in this order too."""

    def __init__(self, session: Session, unread: Mapping[UUID, Unread], traits: Mapping[UUID, Traits]) -> None:
        self._session, self._unread, self._traits = session, unread, traits
        self._grouping = Grouping(session, list(traits.values())) if traits else None
        found = session.scalars(batches.locked(unread)).all()
        self._rows = {row.id: row for row in found if row.revision == unread[row.id].revision}

    def annotate(self, said: Mapping[UUID, Annotation]) -> None:
        among = self._unsaid(said)
        if not among:
            return
        for hiding in batches.hiding([article_id for article_id in among if not self._pends(article_id)]):
            self._session.execute(hiding)
        stored = self._settle([self._stored(each, said[each]) for each in among], ArticleStatus.ANNOTATED)
        bulk.insert(self._session, AnnotationRow, [annotated.row(each.annotation) for each in stored if each.annotation])
        bulk.insert(self._session, StanceRow, [row for each in stored for row in stances.rows(each)])
        for article_id in self._session.scalars(batches.corrected(among)).all():
            correct.settle(self._session, article_id)

    def fail(self, among: set[UUID]) -> None:
        """What another model version said stays, and so does its status."""
        left = [row.id for row in self._rows.values() if row.id in among and row.status is not ArticleStatus.ANNOTATED]
        if left:
            self._settle([self._stored(article_id, None) for article_id in left], ArticleStatus.FAILED)

    def _unsaid(self, said: Mapping[UUID, Annotation]) -> list[UUID]:
        """Of those that pend nobody has spoken."""
        among = [article_id for article_id in self._rows if article_id in said]
        read = [article_id for article_id in among if not self._pends(article_id)]
        spoken = set(self._session.scalars(batches.already_said(read, said[read[0]].model))) if read else set()
        return [article_id for article_id in among if article_id not in spoken]

    def _pends(self, article_id: UUID) -> bool:
        return self._rows[article_id].status is ArticleStatus.PENDING

    def _stored(self, article_id: UUID, annotation: Annotation | None) -> StoredArticle:
        row, unread = self._rows[article_id], self._unread[article_id]
        said = annotated.new(article_id, revision=unread.revision, annotation=annotation) if annotation else None
        return articles.read_with(row, unread.text, said)

    def _settle(self, found: Sequence[StoredArticle], status: ArticleStatus) -> list[StoredArticle]:
        """With the groups of those that pended."""
        pending = [(article, self._traits[UUID(article.id)]) for article in found if self._pends(UUID(article.id))]
        joined = {article.id: article for article, _ in self._derive(pending)}
        stored = [joined.get(article.id, article) for article in found]
        for article in stored:
            row = self._rows[UUID(article.id)]
            # What older annotations said repeats the language, which this model may have found to be another.
            if row.status is ArticleStatus.ANNOTATED and row.read_language != article.read_language:
                self._session.execute(stances.following(article))
        for update in batches.settling(stored, status):
            self._session.execute(update)
        return stored

    def _derive(self, pending: Sequence[New]) -> Sequence[New]:
        if self._grouping is None or not pending:
            return ()
        found = [(UUID(article.id), traits) for article, traits in pending]
        bulk.insert(self._session, SearchableRow, [searchable.row(article_id, traits.words) for article_id, traits in found])
        bulk.insert(self._session, BandRow, [band for article_id, each in found for band in groups.rows(article_id, each.bands)])
        return self._grouping.joined(pending)


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
