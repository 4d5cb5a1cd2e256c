"""One model version, and what changes from one to another. Their list is among the summaries."""

from __future__ import annotations

from fastapi import APIRouter

from app.api import examples
from app.api.dependencies import After, Before, ModelId, UsesAnnotator, UsesStore
from app.api.pages import LINK, UsesLinks
from app.api.queries import Paging
from app.api.responses import failures, success
from app.api.schemas_differences import DifferencePageResponse, DifferenceResponse, PairCountResponse
from app.api.schemas_models import ModelResponse
from app.api.strict import StrictRoute
from app.services import describe
from app.services.compare import compare

router = APIRouter(prefix="/v1/models", tags=["summaries"], route_class=StrictRoute)


@router.get(
    "/{model_id}",
    summary="Get a model version",
    responses=success(200, "What is known of it.", examples.A_MODEL) | failures(*examples.NO_MODEL, examples.STORAGE),
)
async def get_model(model_id: ModelId, store: UsesStore, annotator: UsesAnnotator) -> ModelResponse:
    """What it is made of, how many annotations it has stored, and the measured tables of its card."""
    return ModelResponse.of(await describe.model(store, annotator, model_id))


@router.get(
    "/{before}/diff/{after}",
    summary="Compare two model versions",
    responses=success(200, "Counts of all pairs, and one page of what changed.", examples.DIFFERENCES, headers=LINK)
    | failures(*examples.NO_MODEL, *examples.CURSORS, examples.STORAGE),
)
async def get_model_diff(
    before: Before, after: After, paging: Paging, links: UsesLinks, store: UsesStore
) -> DifferencePageResponse:
    """Over the articles whose current text both versions read. What reviewers said is left out."""
    found = await compare(store, before, after, limit=paging.limit, cursor=paging.cursor)
    counts = [PairCountResponse.of(pair) for pair in found.pairs]
    return links.page(DifferencePageResponse, DifferenceResponse.of, found.differences, articles=found.articles, counts=counts)
