"""Store what was said of the articles of a chunk, once: an annotation of a text by a model version is inserted or kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.domain.jobs import ChunkState, FailureKind, Item, JobFailure
from app.domain.records import StoredArticle
from app.domain.values import Annotation, ArticleStatus, ArticleText
from app.storage import annotations as annotated
from app.storage import articles, batches, chunks, jobs
from app.storage.database import Session
from app.storage.job_tables import ChunkRow


@dataclass(frozen=True, slots=True)
class Unread:
    """An article that is to be annotated: the text that it has now."""

    article_id: UUID
    revision: int
    text: ArticleText
    language: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of articles: read, impossible to read (with the reason), or with nothing left to do."""

    said: Sequence[tuple[Unread, Annotation]] = ()
    failed: Mapping[str, str] | None = None
    needless: Sequence[str] = ()

    def article_ids(self) -> set[str]:
        read = (str(unread.article_id) for unread, _ in self.said)
        return {*read, *(self.failed or {}), *self.needless}


def unread(session: Session, article_ids: Sequence[str], model: str) -> list[Unread]:
    """Those that exist and of whose text this model version has not spoken."""
    among = [UUID(article_id) for article_id in article_ids]
    spoken = set(session.scalars(batches.already_said(among, model)))
    rows = session.execute(batches.current([article_id for article_id in among if article_id not in spoken]))
    return [
        Unread(article.id, revision.number, ArticleText(body=revision.body, title=revision.title), article.language)
        for article, revision in rows
    ]


def keep(session: Session, chunk_id: UUID, settled: Settled, moment: datetime) -> ChunkRow | None:
    """The chunk as it is after it; None where it was taken away meanwhile. What was read is kept all the same."""
    chunk = session.scalar(chunks.locked(chunk_id))
    annotate(session, settled.said)
    if chunk is None or chunk.state is not ChunkState.RUNNING:
        return None
    article_ids = settled.article_ids()
    items = chunks.read(chunk).items
    rest = [item for item in items if item.article_id not in article_ids]
    failed = _fail(session, chunk, items, settled.failed or {}, moment)
    done = chunk.done + len(items) - len(rest) - failed
    # Who gets on does not die of it: only deaths without progress in between speak against an article.
    changes = {"items": chunks.dump(rest), "done": done, "deaths": 0 if article_ids else chunk.deaths}
    session.execute(chunks.change(chunk_id, moment, **changes))
    return session.scalar(chunks.found(chunk_id))


def annotate(session: Session, said: Sequence[tuple[Unread, Annotation]]) -> None:
    """What this model version has said of a text already is kept, and what it says of one that was replaced is dropped."""
    read = {unread.article_id: (unread, annotation) for unread, annotation in said}
    if not read:
        return
    model = said[0][1].model
    session.execute(batches.locking(read))
    spoken = set(session.scalars(batches.already_said(read, model)))
    rows = session.execute(batches.current(article_id for article_id in read if article_id not in spoken))
    still = [
        _annotated(articles.read(article, revision, None), read[article.id][1])
        for article, revision in rows
        if revision.number == read[article.id][0].revision
    ]
    _insert(session, still)


def _insert(session: Session, read: Sequence[StoredArticle]) -> None:
    if not read:
        return
    article_ids = [UUID(article.id) for article in read]
    for hiding in batches.hiding(article_ids):
        session.execute(hiding)
    session.execute(*batches.annotations_of([article.annotation for article in read if article.annotation]))
    statement, rows = batches.stances_of(read)
    if rows:
        session.execute(statement, rows)
    session.execute(batches.marking(ArticleStatus.ANNOTATED, article_ids))


def _annotated(article: StoredArticle, annotation: Annotation) -> StoredArticle:
    return replace(article, annotation=annotated.new(UUID(article.id), revision=article.revision, annotation=annotation))


def _fail(session: Session, chunk: ChunkRow, items: Sequence[Item], failed: Mapping[str, str], moment: datetime) -> int:
    """How many items could not be read."""
    found = [
        JobFailure(item.line, FailureKind.FAILED, item.article_id, failed[item.article_id], moment)
        for item in items
        if item.article_id in failed
    ]
    if found:
        session.execute(jobs.recording(), [jobs.failure(chunk.job_id, failure) for failure in found])
        among = {UUID(article_id) for article_id in failed}
        session.execute(batches.marking(ArticleStatus.FAILED, among, unless=ArticleStatus.ANNOTATED))
    return len(found)
