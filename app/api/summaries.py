"""What there is: countries, publishers and models, with counts."""

from __future__ import annotations

from fastapi import APIRouter

from app.api import examples
from app.api.dependencies import CountryInPath, UsesAnnotator, UsesStore
from app.api.pages import LINK, UsesLinks, cut
from app.api.queries import Paging, RelatedTo
from app.api.responses import failures, success
from app.api.schemas_stances import (
    CountryCountResponse,
    CountryPageResponse,
    ModelCountResponse,
    ModelPageResponse,
    PublisherCountResponse,
    PublisherPageResponse,
    RelatedCountryResponse,
    RelatedPageResponse,
)
from app.api.strict import StrictRoute
from app.services import summarise

router = APIRouter(prefix="/v1", tags=["summaries"], route_class=StrictRoute)

FAILURES = failures(*examples.CURSORS, examples.STORAGE)


@router.get(
    "/countries",
    summary="List countries",
    responses=success(200, "One page, those with most articles first.", examples.COUNTRIES, headers=LINK) | FAILURES,
)
async def list_countries(paging: Paging, links: UsesLinks, store: UsesStore) -> CountryPageResponse:
    """Countries that stored articles are about, each with the number of articles."""
    found = cut(await summarise.countries(store), paging)
    return links.page(CountryPageResponse, CountryCountResponse.of, found)


@router.get(
    "/countries/{code}/related",
    summary="List countries beside another",
    responses=success(200, "One page, those with most articles first.", examples.RELATED, headers=LINK)
    | failures(*examples.FILTER, *examples.CURSORS, examples.STORAGE),
)
async def list_related_countries(
    code: CountryInPath, query: RelatedTo, links: UsesLinks, store: UsesStore
) -> RelatedPageResponse:
    """Countries in the same articles, with the stances toward both. Filters are about the stance toward the country in the path;
    `country` narrows those beside it.
    """
    found = cut(await summarise.related(store, code, query.filter()), query)
    return links.page(RelatedPageResponse, RelatedCountryResponse.of, found)


@router.get(
    "/publishers",
    summary="List publishers",
    responses=success(200, "One page, by name.", examples.PUBLISHERS, headers=LINK) | FAILURES,
)
async def list_publishers(paging: Paging, links: UsesLinks, store: UsesStore) -> PublisherPageResponse:
    """Outlets that stored articles are from, each with the number of articles."""
    found = await summarise.publishers(store, limit=paging.limit, cursor=paging.cursor)
    return links.page(PublisherPageResponse, PublisherCountResponse.of, found)


@router.get(
    "/models",
    summary="List model versions",
    responses=success(200, "One page, the active one first.", examples.MODELS, headers=LINK) | FAILURES,
)
async def list_models(paging: Paging, links: UsesLinks, store: UsesStore, annotator: UsesAnnotator) -> ModelPageResponse:
    """Model versions that annotated what is stored, and the active one."""
    found = cut(await summarise.models(store, annotator), paging)
    return links.page(ModelPageResponse, ModelCountResponse.of, found)
