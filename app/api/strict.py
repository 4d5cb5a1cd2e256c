"""The route class of every operation: who may call, then whether the engine has room; only then `bodies` reads the body."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from copy import copy
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from anyio import CancelScope
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from app.api import access, bodies, caching, capacity, problems, solving
from app.api.invalid import near
from app.api.parameters import Parameters
from app.api.problems import ProblemError, RequestError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

MAX_PARAMETERS = 400
"""Query parameters of one request. All 250 countries in one filter are a question that has an answer."""


class StrictRoute(APIRoute):
    @cached_property
    def body_names(self) -> Sequence[str]:
        """The fields that a body of this operation may have."""
        model = self.body_field.field_info.annotation if self.body_field else None
        return tuple(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else ()

    @cached_property
    def parameters(self) -> Parameters:
        return Parameters(self.dependant)

    def get_route_handler(self) -> Handler:
        # Without the dependencies of the whole application, which are for routes of another class.
        lean = copy(self)
        lean.dependant = self.parameters.dependant
        handle = solving.solved(lean.dependant) or APIRoute.get_route_handler(lean)
        if self.body_field:
            handle = while_there(handle)

        async def strictly(request: Request) -> Response:
            await access.admit(request, self.path_format)
            capacity.refuse_if_full(request, operation=self.name)
            pairs = _pairs(request.scope["query_string"])
            self._refuse_odd(pairs)
            self.parameters.read(request, pairs)
            return caching.applied(request, await handle(await self._read(request)), operation=self.name)

        return strictly

    async def _read(self, request: Request) -> Request:
        if not self.body_field:
            return request
        limit = request.app.state.settings.body_limit
        return _Read(request, await bodies.read(request, limit=limit, names=self.body_names))

    def _refuse_odd(self, pairs: Sequence[tuple[str, str]]) -> None:
        seen: set[str] = set()
        for name, value in pairs:
            bodies.refuse_in(name + value, field=f"query/{name}" if name in self.parameters.names else "query")
        for name, _ in pairs:
            repeatable = self.parameters.names.get(name)
            if repeatable is None:
                hint = near(name, list(self.parameters.names))
                _refuse("#/query", f"has a parameter that this operation does not know{hint}")
            if name in seen and not repeatable:
                _refuse(f"#/query/{name}", "must not be repeated")
            seen.add(name)


class _Read(Request):
    """A request whose body was read and parsed by `bodies`."""

    def __init__(self, request: Request, value: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._value = value

    async def body(self) -> bytes:
        return b"read"

    async def json(self) -> Any:
        return self._value


def while_there(handle: Handler) -> Handler:
    """Cancels what was begun for a client who hangs up, so that no passage is encoded for nobody. The body has been read by then.

    Raises ClientDisconnect; a step that is under way in the database ends first.
    """

    async def watched(request: Request) -> Response:
        with CancelScope() as scope:
            watch = asyncio.create_task(_cancel_once_gone(request, scope))
            try:
                return await handle(request)
            finally:
                watch.cancel()
        raise ClientDisconnect

    return watched


async def _cancel_once_gone(request: Request, scope: CancelScope) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _pairs(query: bytes) -> list[tuple[str, str]]:
    """Strict where Starlette is lenient: what is not UTF-8 would otherwise become a filter that matches nothing."""
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        _refuse("#/query", "must be percent-encoded UTF-8")
    except ValueError:
        _refuse("#/query", f"must have at most {MAX_PARAMETERS} parameters")


def _refuse(pointer: str, detail: str) -> NoReturn:
    raise RequestError(problems.INVALID_REQUEST, "The query cannot be used.", ProblemError(pointer=pointer, detail=detail))
