"""New articles that come many at once, of which nothing has been said yet. Their rows are made before the transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from app.domain.records import Submission, read_language
from app.domain.values import ArticleStatus
from app.storage import bulk, identity, ids, publication
from app.storage.bulk import Prepared
from app.storage.database import Session, Store
from app.storage.tables import ArticleRow, RevisionRow


class Arrival(NamedTuple):
    """A tuple, which is made in half the time of an object: an import has a million."""

    id: UUID
    submission: Submission
    identity: bytes
    text_digest: bytes


def arriving(submissions: Sequence[Submission]) -> list[Arrival]:
    """In their order, with ids of one moment."""
    digests = [identity.text_digest(each.text) for each in submissions]
    identities = [identity.digest(each, text=text) for each, text in zip(submissions, digests, strict=True)]
    return list(map(Arrival, ids.some(len(submissions)), submissions, identities, digests))


@dataclass(frozen=True, slots=True)
class Arrivals:
    """In the order of their identities: two imports of the same articles wait for each other and never in a circle."""

    identities: Sequence[bytes]
    tables: tuple[Prepared, Prepared]

    @classmethod
    def of(cls, found: Collection[Arrival], store: Store) -> Arrivals:
        ordered = sorted(found, key=attrgetter("identity"))
        made = (ArticleRow, columns(ordered)), (RevisionRow, columns_of_texts(ordered))
        articles, texts = (bulk.prepared(table, values, store.engine.dialect) for table, values in made)
        return cls([each.identity for each in ordered], (articles, texts))

    def store(self, session: Session, stored: Collection[bytes]) -> None:
        """All but those of these identities. Raises UniqueViolation."""
        new = [identity not in stored for identity in self.identities]
        for table in self.tables:
            bulk.put(session, table if all(new) else replace(table, rows=[*compress(table.rows, new)]))


def columns(found: Sequence[Arrival]) -> Mapping[str, Sequence[Any]]:
    """What `articles.row` says of each."""
    given, moments = [each.submission for each in found], ids.moments(each.id for each in found)
    published = [each.published for each in given]
    return {
        "id": [each.id for each in found],
        "created_at": moments,
        "derived_at": moments,
        "identity": [each.identity for each in found],
        "revision": [1] * len(found),
        "status": [ArticleStatus.PENDING] * len(found),
        "updated_at": moments,
        "published_order": [publication.order(each) for each in published],
        "published_day": [each and each.day for each in published],
        "published_at": [each and each.instant for each in published],
        "publisher": [each.publisher for each in given],
        "external_id": [each.external_id for each in given],
        "url": [each.url for each in given],
        "language": [each.language for each in given],
        "read_language": [read_language(each.language) for each in given],
        "duplicate_group": [None] * len(found),
        "details": [each.metadata for each in given],
    }


def columns_of_texts(found: Sequence[Arrival]) -> Mapping[str, Sequence[Any]]:
    """What `articles.row_of_text` says of each."""
    texts = [each.submission.text for each in found]
    return {
        "article_id": [each.id for each in found],
        "number": [1] * len(found),
        "created_at": ids.moments(each.id for each in found),
        "text_digest": [each.text_digest for each in found],
        "title": [each.title for each in texts],
        "body": [each.body for each in texts],
    }
