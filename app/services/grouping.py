"""The groups of near-duplicates that many new articles join, among those stored and among each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from app.domain.records import StoredArticle
from app.storage import groups, sharing, texts
from app.storage.database import Session
from app.storage.groups import MOST_OF_A_BAND
from app.storage.texts import Traits

Value = TypeVar("Value")
New = tuple[StoredArticle, Traits]
AT_ONCE = 5_000
"""Values in one statement; SQLite takes 32,766."""


class Grouping:
    """Of one transaction. The rule is that of `index.join`."""

    def __init__(self, session: Session, new: Sequence[Traits]) -> None:
        self._session = session
        self._of_band: dict[int, list[UUID]] = {}
        self._groups: dict[UUID, UUID | None] = {}
        self._bodies: dict[UUID, str] = {}
        self._traits: dict[UUID, Traits] = {}
        self._sequences: dict[UUID, frozenset[str]] = {}
        self._new: set[UUID] = set()
        self.founded: set[UUID] = set()
        """Stored articles that were alone until now."""
        self._look_up([band for traits in new for band in traits.bands])

    def joined(self, new: Sequence[New]) -> list[New]:
        """The articles with their groups, as they are after all have come: an early one may have got its duplicate later."""
        joined = self.join({UUID(article.id): traits for article, traits in new})
        written = [None if group is None else str(group) for group in joined.values()]
        return [(replace(article, duplicate_group=group), traits) for (article, traits), group in zip(new, written, strict=True)]

    def join(self, new: Mapping[UUID, Traits]) -> dict[UUID, UUID | None]:
        """The same of ids alone, in their order."""
        before = set(self.founded)
        for article_id, traits in new.items():
            found = self._most_like(traits)
            self._remember(article_id, traits, None if found is None else self._group_of(found))
        # They are written before others come, so that a group which one of those founds has to be stored.
        self._new.clear()
        self._store(sorted(self.founded - before))
        return {article_id: self._groups[article_id] for article_id in new}

    def _most_like(self, traits: Traits) -> UUID | None:
        proposed = {other for band in traits.bands for other in self._of_band.get(band, ())[-MOST_OF_A_BAND:]}
        if not proposed:
            return None
        # Of several that are as like, the oldest, as if the articles had come one by one.
        return texts.most_like(traits, ((other, self._sequences_of(other)) for other in sorted(proposed)))

    def _sequences_of(self, article_id: UUID) -> frozenset[str]:
        """One article is compared with many, and its body is taken apart once."""
        if article_id not in self._sequences:
            new = self._traits.get(article_id)
            self._sequences[article_id] = new.sequences() if new else texts.sequences_of(self._bodies[article_id])
        return self._sequences[article_id]

    def _group_of(self, found: UUID) -> UUID:
        group = self._groups[found]
        if group is None:
            group = self._groups[found] = found
            if found not in self._new:
                self.founded.add(found)
        return group

    def _store(self, founded: Sequence[UUID]) -> None:
        """All at once: to put one statement together takes as long as to insert an article."""
        for some in _slices(founded):
            for statement in groups.founding(some):
                self._session.execute(statement)

    def _remember(self, identifier: UUID, traits: Traits, group: UUID | None) -> None:
        self._new.add(identifier)
        self._groups[identifier] = group
        self._traits[identifier] = traits
        for band in traits.bands:
            self._of_band.setdefault(band, []).append(identifier)

    def _look_up(self, bands: Sequence[int]) -> None:
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(sharing.alone()).all()
        for some in _slices(sorted(set(bands))):
            for band, article_id in self._session.execute(sharing.sharing(some)):
                self._of_band.setdefault(band, []).append(article_id)
        for each in self._of_band.values():
            each.sort()
        for found in _slices(sorted({article_id for each in self._of_band.values() for article_id in each})):
            for article_id, group, body in self._session.execute(sharing.bodies(found)):
                self._groups[article_id], self._bodies[article_id] = group, body


def _slices(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
