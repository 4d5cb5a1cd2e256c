"""Stances: one row per article and country."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from fastapi import APIRouter, Response

from app.api import examples
from app.api.dependencies import UsesStore
from app.api.pages import LINK, UsesLinks
from app.api.queries import Filters, SeriesOf, SortedPaging, SummaryOf
from app.api.responses import failures, success
from app.api.schemas_stances import SeriesResponse, StancePageResponse, SummaryResponse, stance_in_json, summary_in_json
from app.api.strict import StrictRoute
from app.services import search, summarise

router = APIRouter(prefix="/v1/stances", tags=["stances"], route_class=StrictRoute)


@router.get(
    "",
    summary="List stances",
    response_model=StancePageResponse,
    responses=success(200, "One page.", examples.STANCES, headers=LINK)
    | failures(*examples.FILTER, *examples.CURSORS, examples.STORAGE),
)
async def list_stances(query: Filters, paging: SortedPaging, links: UsesLinks, store: UsesStore) -> Response:
    """One row for each article and country, with the strongest evidence."""
    found = await search.stances(store, query.filter(), sort=paging.sort, limit=paging.limit, cursor=paging.cursor)
    return links.written([stance_in_json(stance) for stance in found.items], found.next_cursor)


@router.get(
    "/summary",
    summary="Summarise stances",
    response_model=SummaryResponse,
    responses=success(200, "Counts for each group.", examples.SUMMARY)
    | failures(*examples.FILTER, examples.TOO_MANY_GROUPS, examples.STORAGE),
)
async def get_stance_summary(query: SummaryOf, store: UsesStore) -> Response:
    """Rows of the list of stances, counted by stance in each group: n, shares, and net stance with its interval."""
    found = await summarise.summary(store, query.filter(), dimensions=query.group_by)
    # Not in the event loop: ten thousand groups take a tenth of a second.
    content = await to_thread.run_sync(partial(summary_in_json, found, dimensions=query.group_by))
    return Response(content, media_type="application/json")


@router.get(
    "/series",
    summary="Count stances over time",
    responses=success(200, "Counts for each interval.", examples.SERIES)
    | failures(*examples.FILTER, examples.TOO_MANY_POINTS, examples.STORAGE),
)
async def get_stance_series(query: SeriesOf, store: UsesStore) -> SeriesResponse:
    """Rows of the list of stances, counted by stance and by the UTC day, week or month of publication."""
    return SeriesResponse.of(await summarise.series(store, query.filter(), interval=query.interval), interval=query.interval)
