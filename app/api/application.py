"""The HTTP application: all routes and everything around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from starlette.types import Lifespan

from app import __version__
from app.api import annotate, answers, articles, corrections, docs, exports, health, metrics, models, openapi, stances, summaries
from app.api.deprecation import Announcements
from app.api.edge import AllowedOrigins, TrustedHosts
from app.api.middleware import HeadAsGet, RequestContext
from app.api.patience import Patience


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
        generate_unique_id_function=_function_name,
    )
    answers.install(app)
    for room in (annotate, articles, corrections, stances, exports, summaries, models, health, metrics, docs):
        app.include_router(room.router)
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


def _function_name(route: Any) -> str:
    return str(route.name)
