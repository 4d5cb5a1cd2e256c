"""What an operation is handed, found by a way that is worked out once.

FastAPI looks at every dependency anew with each request: of which kind it is, what it asks for, whether it was asked already. All
of ours are coroutines that take the request, a part of its path, or each other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def solved(dependant: Dependant) -> Handler | None:
    """Answers as FastAPI would. None for an operation that asks for something else, or whose answer FastAPI has to write."""
    if not _writes_itself(dependant.call) or not _is_plain(dependant):
        return None
    endpoint = Part(dependant)

    async def handle(request: Request) -> Response:
        beside = Response()
        del beside.headers["content-length"]
        response: Response = await endpoint.found(request, beside)
        # What a part of the operation said in headers.
        response.headers.raw.extend(beside.headers.raw)
        return response

    return handle


@dataclass(slots=True, init=False)
class Part:
    """One coroutine and those that it depends on."""

    call: Callable[..., Awaitable[Any]]
    dependencies: Sequence[tuple[str | None, Part]]
    path_fields: list[Any]
    request_name: str | None
    response_name: str | None

    def __init__(self, dependant: Dependant) -> None:
        assert dependant.call is not None
        self.call = dependant.call
        self.dependencies = [(each.name, Part(each)) for each in dependant.dependencies]
        self.path_fields = dependant.path_params
        self.request_name, self.response_name = dependant.request_param_name, dependant.response_param_name

    async def found(self, request: Request, response: Response) -> Any:
        """Raises RequestValidationError, and what the coroutines raise."""
        given: dict[str, Any] = {}
        for name, part in self.dependencies:
            value = await part.found(request, response)
            if name is not None:
                given[name] = value
        if self.path_fields:
            values, errors = request_params_to_args(self.path_fields, request.path_params)
            if errors:
                raise RequestValidationError(errors)
            given |= values
        if self.request_name:
            given[self.request_name] = request
        if self.response_name:
            given[self.response_name] = response
        return await self.call(**given)


def _writes_itself(call: Any) -> bool:
    returned = get_type_hints(call).get("return")
    return isinstance(returned, type) and issubclass(returned, Response)


def _is_plain(dependant: Dependant) -> bool:
    others = (
        *(dependant.query_params, dependant.header_params, dependant.cookie_params, dependant.body_params),
        *(dependant.http_connection_param_name, dependant.websocket_param_name, dependant.background_tasks_param_name),
        *(dependant.security_scopes_param_name, dependant.own_oauth_scopes, dependant.concurrency),
    )
    return iscoroutinefunction(dependant.call) and not any(others) and all(map(_is_plain, dependant.dependencies))
