"""The HTTP application: all routes and everything around them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.types import Lifespan

from app import __version__
from app.api import (
    annotate,
    answers,
    articles,
    corrections,
    docs,
    exports,
    health,
    jobs,
    metrics,
    models,
    openapi,
    stances,
    summaries,
    webhooks,
)
from app.api.middleware import HeadAsGet, RequestContext
from app.api.patience import Patience


def build(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
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
    for room in (annotate, articles, corrections, stances, exports, summaries, models, jobs, webhooks, health, metrics, docs):
        app.include_router(room.router)
    app.state.metrics = metrics.Metrics(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Patience)
    app.add_middleware(RequestContext)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app


def _function_name(route: Any) -> str:
    return str(route.name)
