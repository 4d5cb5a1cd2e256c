"""One page of any list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from app.domain.errors import InvalidQuery
from app.domain.records import ArticleFilter, Page, Sort
from app.services import steps
from app.storage import cursors
from app.storage.database import Connection, Session, Store
from app.storage.keyset import Found, Keyset, Statement
from app.storage.lists import Listed

Asked = TypeVar("Asked", bound=ArticleFilter)
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
    _refuse_odd(limit)
    after = None if cursor is None else cursors.decode(cursor, bound_to=bound_to)
    items, last = await steps.read(store, _rows, keyset.page(statement, after=after, limit=limit), keyset, read, limit)
    return Page(items=items, next_cursor=None if last is None else cursors.encode(last, bound_to=bound_to))


async def listed(
    store: Store, kind: Listed[Asked, Item], wanted: Asked, sort: Sort, *, limit: int, cursor: str | None
) -> Page[Item]:
    """Of articles, stances or relations. Raises as `page`."""
    _refuse_odd(limit)
    bound_to = cursors.binding(kind.name, wanted, sort)
    after = None if cursor is None else cursors.decode(cursor, bound_to=bound_to)
    rows = await steps.look(store, _plain_rows, *kind.page(wanted, sort, after=after, limit=limit))
    last = cursors.encode(kind.key(rows[limit - 1]), bound_to=bound_to) if len(rows) > limit else None
    return Page(items=tuple(map(kind.read, rows[:limit])), next_cursor=last)


def _refuse_odd(limit: int) -> None:
    if not 1 <= limit <= MOST:
        raise InvalidQuery("limit", f"must be from 1 to {MOST}")


def _plain_rows(connection: Connection, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Found]:
    return connection.execute(statement, parameters).all()


def _rows(
    session: Session, statement: Statement, keyset: Keyset, read: Callable[[Found], Item], limit: int
) -> tuple[tuple[Item, ...], list[Any] | None]:
    rows = session.execute(statement).all()
    last = keyset.key(rows[limit - 1]) if len(rows) > limit else None
    return tuple(read(row) for row in rows[:limit]), last
