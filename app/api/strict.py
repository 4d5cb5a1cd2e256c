"""The route class of every operation: who may call, then whether the engine has room; only then `bodies` reads the body."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import cached_property
from typing import Any, NoReturn, get_origin
from urllib.parse import parse_qsl

from anyio import CancelScope
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from app.api import access, bodies, caching, capacity, problems
from app.api.invalid import near
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
    def query_names(self) -> dict[str, bool]:
        """Name of each query parameter, and whether it may be repeated."""
        return {name: get_origin(annotation) is list for name, annotation in _query_fields(self.dependant)}

    def get_route_handler(self) -> Handler:
        handle = while_there(super().get_route_handler()) if self.body_field else super().get_route_handler()

        async def strictly(request: Request) -> Response:
            await access.admit(request, self.path_format)
            capacity.refuse_if_full(request, operation=self.name)
            self._refuse_odd_query(request.scope["query_string"])
            return caching.applied(request, await handle(await self._read(request)), operation=self.name)

        return strictly

    async def _read(self, request: Request) -> Request:
        if not self.body_field:
            return request
        limit = request.app.state.settings.body_limit
        return _Read(request, await bodies.read(request, limit=limit, names=self.body_names))

    def _refuse_odd_query(self, query: bytes) -> None:
        counts = Counter(name for name, value in _pairs(query) if self._storable(name, value))
        for name, count in counts.items():
            if name not in self.query_names:
                hint = near(name, list(self.query_names))
                _refuse("#/query", f"has a parameter that this operation does not know{hint}")
            if count > 1 and not self.query_names[name]:
                _refuse(f"#/query/{name}", "must not be repeated")

    def _storable(self, name: str, value: str) -> bool:
        bodies.refuse_in(name + value, field=f"query/{name}" if name in self.query_names else "query")
        return True


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


def _query_fields(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    """Name and annotation of every query parameter, those in models and in dependencies too."""
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from ((info.alias or name, info.annotation) for name, info in annotation.model_fields.items())
        else:
            yield field.alias, annotation
    for inner in dependant.dependencies:
        yield from _query_fields(inner)


def _refuse(pointer: str, detail: str) -> NoReturn:
    raise RequestError(problems.INVALID_REQUEST, "The query cannot be used.", ProblemError(pointer=pointer, detail=detail))
