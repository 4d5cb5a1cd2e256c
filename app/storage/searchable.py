"""Statements on the words of articles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, delete, insert

from app.storage.tables import SearchableRow


def insertion() -> Insert:
    """To be executed with rows as `row` makes them."""
    return insert(SearchableRow)


def row(article_id: UUID, words: Sequence[str]) -> dict[str, Any]:
    # The types of the columns make of the words what each database keeps.
    return {"article_id": article_id, "words": words, "tails": words}


def removal(article_id: UUID) -> Delete:
    return delete(SearchableRow).where(SearchableRow.article_id == article_id)
