"""One model version. Their list is among the summaries."""

from __future__ import annotations

from fastapi import APIRouter

from app.api import examples
from app.api.dependencies import ModelId, UsesAnnotator, UsesStore
from app.api.responses import failures, success
from app.api.schemas_models import ModelResponse
from app.api.strict import StrictRoute
from app.services import describe

router = APIRouter(prefix="/v1/models", tags=["summaries"], route_class=StrictRoute)


@router.get(
    "/{model_id}",
    summary="Get a model version",
    responses=success(200, "What is known of it.", examples.A_MODEL) | failures(*examples.NO_MODEL, examples.STORAGE),
)
async def get_model(model_id: ModelId, store: UsesStore, annotator: UsesAnnotator) -> ModelResponse:
    """What it is made of, how many annotations it has stored, and the measured tables of its card."""
    return ModelResponse.of(await describe.model(store, annotator, model_id))
