"""Relations: who stands where toward whom, one row per article, ordered pair of countries and stance."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from fastapi import APIRouter, Response

from app.api import examples
from app.api.dependencies import UsesStore
from app.api.pages import LINK, UsesLinks
from app.api.queries import SortedPaging
from app.api.relation_queries import MatrixOf, RelationsThat
from app.api.responses import failures, success
from app.api.schemas_relations import MatrixResponse, RelationPageResponse, matrix_in_json, relation_in_json
from app.api.strict import StrictRoute
from app.services import confront, search

router = APIRouter(prefix="/v1/relations", tags=["relations"], route_class=StrictRoute)


@router.get(
    "",
    summary="List relations",
    response_model=RelationPageResponse,
    responses=success(200, "One page.", examples.RELATIONS, headers=LINK)
    | failures(*examples.FILTER_OF_PAIRS, *examples.CURSORS, examples.STORAGE),
)
async def list_relations(query: RelationsThat, paging: SortedPaging, links: UsesLinks, store: UsesStore) -> Response:
    """One row for each article, ordered pair of countries and stance, with the sentence that says it most clearly."""
    found = await search.relations(store, query.filter(), sort=paging.sort, limit=paging.limit, cursor=paging.cursor)
    return links.written([relation_in_json(relation) for relation in found.items], found.next_cursor)


@router.get(
    "/matrix",
    summary="Count who stands where toward whom",
    response_model=MatrixResponse,
    responses=success(200, "Counts for each ordered pair of countries.", examples.MATRIX)
    | failures(*examples.FILTER_OF_PAIRS, examples.TOO_MANY_PERIODS, examples.STORAGE),
)
async def get_relation_matrix(query: MatrixOf, store: UsesStore) -> Response:
    """Rows of the list of relations, counted by ordered pair of countries, and by period if an interval is given: n, in favor,
    against, and net stance with its interval of 95%. Pairs beyond `limit` are left out, and `left_out` says how many.
    """
    found = await confront.matrix(store, query.filter(), interval=query.interval, limit=query.limit)
    # Not in the event loop: fifty thousand periods take a tenth of a second.
    content = await to_thread.run_sync(partial(matrix_in_json, found))
    return Response(content, media_type="application/json")
