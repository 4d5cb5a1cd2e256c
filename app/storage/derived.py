"""What is kept of the texts of articles beside the texts, as rows that are made before the transaction: words and bands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Dialect

from app.storage import bulk
from app.storage.bulk import Prepared
from app.storage.database import Session, Store
from app.storage.tables import BandRow, SearchableRow
from app.storage.texts import Traits


@dataclass(frozen=True, slots=True)
class Derived:
    """Of texts that pend, by article. `owners` says of each row whose it is, table by table."""

    traits: Mapping[UUID, Traits]
    tables: tuple[tuple[Prepared, Sequence[UUID]], ...]

    @classmethod
    def of(cls, traits: Mapping[UUID, Traits], by: Store | Session) -> Derived:
        dialect = by.engine.dialect if isinstance(by, Store) else by.get_bind().dialect
        return cls(traits, (_words(traits, dialect), _bands(traits, dialect)))

    def store(self, session: Session, among: Collection[UUID]) -> None:
        """Only of these articles."""
        for table, owners in self.tables:
            whole = len(among) == len(self.traits)
            rows = table.rows if whole else [row for row, owner in zip(table.rows, owners, strict=True) if owner in among]
            bulk.put(session, replace(table, rows=rows))


def _words(traits: Mapping[UUID, Traits], dialect: Dialect) -> tuple[Prepared, Sequence[UUID]]:
    owners, words = list(traits), [each.words for each in traits.values()]
    # The types of the columns make of the words what each database keeps.
    return bulk.prepared(SearchableRow, {"article_id": owners, "words": words, "tails": words}, dialect), owners


def _bands(traits: Mapping[UUID, Traits], dialect: Dialect) -> tuple[Prepared, Sequence[UUID]]:
    owners = [article_id for article_id, each in traits.items() for _ in each.bands]
    bands = [band for each in traits.values() for band in each.bands]
    return bulk.prepared(BandRow, {"article_id": owners, "band": bands}, dialect), owners
