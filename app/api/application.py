"""The HTTP application: all routes and everything around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from app import __version__
from app.api import (
    access,
    annotate,
    answers,
    articles,
    claims,
    corrections,
    docs,
    exports,
    health,
    jobs,
    metrics,
    models,
    openapi,
    relations,
    scopes,
    stances,
    summaries,
    webhooks,
)
from app.api.deprecation import Announcements
from app.api.direct import Direct
from app.api.edge import AllowedOrigins, TrustedHosts
from app.api.middleware import HeadAsGet, RequestContext
from app.api.patience import Patience

# In the order of the document.
ROOMS = (
    annotate,
    articles,
    claims,
    corrections,
    stances,
    relations,
    exports,
    summaries,
    models,
    jobs,
    webhooks,
    health,
    metrics,
    docs,
)


def build(lifespan: Lifespan[FastAPI] | None = None, *, origins: Sequence[str] = (), hosts: Sequence[str] = ()) -> FastAPI:
    """`origins` are those whose pages may call it from a browser; `hosts` the names it is called by, where none means any."""
    app = FastAPI(
        title=openapi.TITLE,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # A redirect from /v1/articles/ would answer a POST with a GET, and name a host that the client made up.
        redirect_slashes=False,
        # Routes ask before they read a body (`StrictRoute`). This is for one whose author forgot that class.
        dependencies=[Depends(access.backstop)],
        generate_unique_id_function=_function_name,
    )
    answers.install(app)
    for room in ROOMS:
        app.include_router(room.router)
    app.router.routes.insert(0, Direct(routes(app.router.routes)))
    app.state.metrics = metrics.Metrics(app)
    # The last one added is the first that a request meets.
    app.add_middleware(Announcements)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Patience)
    if hosts:
        app.add_middleware(TrustedHosts, names=hosts)
    app.add_middleware(RequestContext)
    if origins:
        # Outside of everything, so that a page can read what went wrong too.
        app.add_middleware(AllowedOrigins, origins=origins)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app


def refuse_unguarded(app: FastAPI) -> None:
    """Raises TypeError for a route that nobody can guard: a mount, a socket, or a plain one that is not public by the table."""
    for route in routes(app.router.routes):
        path, methods = getattr(route, "path", "?"), getattr(route, "methods", None) or {"?"}
        public = all(scopes.needed(method, path) is scopes.PUBLIC for method in methods - {"HEAD"})
        if not isinstance(route, APIRoute) and not public:
            raise TypeError(f"{path} is served without asking for a key: make it an APIRoute")


def routes(among: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """All of them, those of included routers too, each once."""
    for route in among:
        if isinstance(route, Direct):
            continue
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from routes(included.routes)


def _function_name(route: Any) -> str:
    return str(route.name)
