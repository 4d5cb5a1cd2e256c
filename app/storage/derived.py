"""What is kept of articles beside their texts, as rows that are made before the transaction: words, bands, annotations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Dialect

from app.storage import annotations as annotated
from app.storage import bulk, ids
from app.storage.annotations import Said
from app.storage.bulk import Prepared
from app.storage.database import Session, Store
from app.storage.tables import AnnotationRow, BandRow, SearchableRow
from app.storage.texts import Traits

Owned = tuple[Prepared, Sequence[UUID]]
"""Rows of a table, and whose each of them is."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Of texts that pend, by article."""

    traits: Mapping[UUID, Traits]
    tables: tuple[Owned, ...]

    @classmethod
    def of(cls, traits: Mapping[UUID, Traits], by: Store | Session) -> Derived:
        dialect = _dialect(by)
        return cls(traits, (_words(traits, dialect), _bands(traits, dialect)))

    def store(self, session: Session, among: Collection[UUID]) -> None:
        """Only of these articles."""
        for table in self.tables:
            _put(session, table, among, all_of_them=len(among) == len(self.traits))


@dataclass(frozen=True, slots=True)
class Spoken:
    """New annotations, by article; there is one of each."""

    ids: Mapping[UUID, UUID]
    table: Owned

    @classmethod
    def of(cls, said: Sequence[Said], by: Store | Session) -> Spoken:
        owners, identifiers = [article_id for article_id, _, _ in said], ids.some(len(said))
        rows = bulk.prepared(AnnotationRow, annotated.columns(identifiers, said), _dialect(by))
        return cls(dict(zip(owners, identifiers, strict=True)), (rows, owners))

    def store(self, session: Session, among: Collection[UUID]) -> None:
        """Only of these articles."""
        _put(session, self.table, among, all_of_them=len(among) == len(self.ids))


def _put(session: Session, owned: Owned, among: Collection[UUID], *, all_of_them: bool) -> None:
    table, owners = owned
    rows = table.rows if all_of_them else [row for row, owner in zip(table.rows, owners, strict=True) if owner in among]
    bulk.put(session, replace(table, rows=rows))


def _dialect(by: Store | Session) -> Dialect:
    return by.engine.dialect if isinstance(by, Store) else by.get_bind().dialect


def _words(traits: Mapping[UUID, Traits], dialect: Dialect) -> Owned:
    owners, words = list(traits), [each.words for each in traits.values()]
    # The types of the columns make of the words what each database keeps.
    return bulk.prepared(SearchableRow, {"article_id": owners, "words": words, "tails": words}, dialect), owners


def _bands(traits: Mapping[UUID, Traits], dialect: Dialect) -> Owned:
    owners = [article_id for article_id, each in traits.items() for _ in each.bands]
    bands = [band for each in traits.values() for band in each.bands]
    return bulk.prepared(BandRow, {"article_id": owners, "band": bands}, dialect), owners
