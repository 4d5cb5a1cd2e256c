"""Statements on the words of articles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, Select, TextClause, delete, func, insert, select, text

from app.storage.tables import SearchableRow


def insertion() -> Insert:
    """To be executed with rows as `row` makes them."""
    return insert(SearchableRow)


def row(article_id: UUID, words: Sequence[str]) -> dict[str, Any]:
    # The types of the columns make of the words what each database keeps.
    return {"article_id": article_id, "words": words, "tails": words}


def removal(article_id: UUID) -> Delete:
    return delete(SearchableRow).where(SearchableRow.article_id == article_id)


def merging(pages: int) -> TextClause:
    """For SQLite: rewrites about so many pages of the index, without the words of what was deleted; below zero it begins anew."""
    return text("INSERT INTO searchable_words (searchable_words, rank) VALUES ('merge', :pages)").bindparams(pages=pages)


def changes() -> Select[int]:
    """For SQLite: rows that this connection ever wrote. A merge that found nothing to do adds fewer than two."""
    return select(func.total_changes())
