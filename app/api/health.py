"""For supervisors and load balancers."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from app.api import examples
from app.api.dependencies import UsesAnnotator, UsesStore
from app.api.responses import failures, success
from app.api.schemas import Response
from app.api.strict import StrictRoute
from app.services import ready

router = APIRouter(tags=["health"], route_class=StrictRoute)


class HealthResponse(Response):
    """The process answers."""

    status: Literal["ok"] = Field(default="ok")


@router.get("/healthz", summary="Is the process alive?", responses=success(200, "It is.", HealthResponse()) | failures())
async def get_health() -> HealthResponse:
    """Asks neither database nor model, so that a slow one does not get the process killed."""
    return HealthResponse()


@router.get(
    "/readyz",
    summary="Can it serve?",
    responses=success(200, "It can.", HealthResponse()) | failures(*examples.NOT_READY),
)
async def get_readiness(store: UsesStore, annotator: UsesAnnotator) -> HealthResponse:
    """Makes a round trip to the database and feels the pulse of the engine. The start has run one real inference by then."""
    await ready.check(store, annotator)
    return HealthResponse()
