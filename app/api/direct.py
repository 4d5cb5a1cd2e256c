"""Operations whose address has no variable part, found by it at once.

FastAPI tries one pattern after the other, with some twenty before those of the lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from app.api.strict import StrictRoute


class Direct(BaseRoute):
    """Goes before all others. What it does not know, it leaves to them: other methods, addresses under a prefix, and mistakes.

    It finds each operation as it was declared, which for a `StrictRoute` is all there is to it.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = {
            (route.path, method): route
            for route in routes
            if isinstance(route, StrictRoute) and not route.param_convertors
            for method in route.methods or ()
        }

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        route = None if scope.get("root_path") else self._routes.get((scope["path"], scope.get("method", "")))
        if route is None:
            return Match.NONE, {}
        return Match.FULL, {"endpoint": route.endpoint, "path_params": {}, "route": route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> NoReturn:
        raise NoMatchFound(name, path_params)
