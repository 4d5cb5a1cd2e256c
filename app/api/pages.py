"""One page of a list, and the Link header to the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import orjson
from fastapi import Depends, Request, Response

from app.api.queries import PageQuery
from app.api.schemas import Page
from app.domain import records
from app.domain.errors import InvalidCursor

LINK = {"Link": 'The address of the next page, with rel="next"; absent on the last.'}

Item = TypeVar("Item")
Wire = TypeVar("Wire", bound=Page[Any])


class Links:
    """Makes the page of a request, and its Link header."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def page(self, kind: type[Wire], of: Callable[[Item], object], found: records.Page[Item], **more: object) -> Wire:
        """`more` are fields that the page has besides its items."""
        if found.next_cursor:
            self._response.headers["Link"] = self._link(found.next_cursor)
        return kind(items=[of(item) for item in found.items], next_cursor=found.next_cursor, **more)

    def written(self, items: Sequence[object], next_cursor: str | None) -> Response:
        """A page of what orjson can write, without a model made of each item first. It says what `page` would say."""
        headers = {"Link": self._link(next_cursor)} if next_cursor else None
        content = orjson.dumps({"items": items, "next_cursor": next_cursor})
        return Response(content, media_type="application/json", headers=headers)

    def _link(self, cursor: str) -> str:
        return f'<{self._address(cursor)}>; rel="next"'

    def _address(self, cursor: str) -> str:
        """Relative, so that no Host header decides where a client goes; with all parameters of this request but its cursor."""
        kept = [(name, value) for name, value in self._request.query_params.multi_items() if name != "cursor"]
        return f"{self._request.scope['path']}?{urlencode([*kept, ('cursor', cursor)])}"


async def links(request: Request, response: Response) -> Links:
    # The class itself would be a plain function to FastAPI, which it sends to a worker thread.
    return Links(request, response)


UsesLinks = Annotated[Links, Depends(links)]


def cut(items: Sequence[Item], query: PageQuery) -> records.Page[Item]:
    """A page of a list that is short enough to be counted as a whole. Raises InvalidCursor."""
    start = _start(query.cursor)
    end = start + query.limit
    return records.Page(tuple(items[start:end]), str(end) if end < len(items) else None)


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not re.fullmatch("[1-9][0-9]{0,8}", cursor):
        raise InvalidCursor("is not one of this list")
    return int(cursor)
