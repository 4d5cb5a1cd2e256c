"""One page of any list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.domain.errors import InvalidQuery
from app.domain.records import Page
from app.services import steps
from app.storage import cursors
from app.storage.database import Session, Store
from app.storage.keyset import Found, Keyset, Statement

Item = TypeVar("Item")

MOST = 200
"""A page of 200 stances is some 150 kB of JSON; more would make one request as slow as many."""


async def page(
    store: Store,
    statement: Statement,
    keyset: Keyset,
    read: Callable[[Found], Item],
    *,
    bound_to: bytes,
    limit: int,
    cursor: str | None,
) -> Page[Item]:
    """Raises InvalidQuery for a limit out of bounds, InvalidCursor for a cursor that was not given by this list."""
    if not 1 <= limit <= MOST:
        raise InvalidQuery("limit", f"must be from 1 to {MOST}")
    after = None if cursor is None else cursors.decode(cursor, bound_to=bound_to)
    items, last = await steps.read(store, _rows, keyset.page(statement, after=after, limit=limit), keyset, read, limit)
    return Page(items=items, next_cursor=None if last is None else cursors.encode(last, bound_to=bound_to))


def _rows(
    session: Session, statement: Statement, keyset: Keyset, read: Callable[[Found], Item], limit: int
) -> tuple[tuple[Item, ...], list[Any] | None]:
    rows = session.execute(statement).all()
    last = keyset.key(rows[limit - 1]) if len(rows) > limit else None
    return tuple(read(row) for row in rows[:limit]), last
