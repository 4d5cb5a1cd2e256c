"""Claims: make, list, read, delete; and what articles say of one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Response

from app.api import examples, examples_claims
from app.api.dependencies import ClaimId, UsesClaims, UsesDispatcher, UsesStore
from app.api.pages import LINK, UsesLinks
from app.api.queries import Paging
from app.api.queries_claims import ClaimSeriesOf, ClaimStances, SortedClaimPaging, SpreadOf
from app.api.responses import failures, success
from app.api.schemas_claims import (
    ClaimPageResponse,
    ClaimRequest,
    ClaimResponse,
    ClaimSeriesResponse,
    ClaimStancePageResponse,
    ClaimStanceResponse,
    ReportResponse,
    SpreadResponse,
    spread_fields,
)
from app.api.strict import StrictRoute
from app.domain.records import Page
from app.services import claim, claim_stances
from app.services.spread import spread

router = APIRouter(prefix="/v1/claims", tags=["claims"], route_class=StrictRoute)

Made = Annotated[ClaimRequest, Body(openapi_examples=examples.requests(of_one_country=examples_claims.REQUEST))]


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    summary="Make a claim",
    responses=success(
        202, "It is stored, and its job reads what is stored.", examples_claims.NEW_CLAIM, headers={"Location": "Its job."}
    )
    | success(200, "There is an equal claim; here it is.", examples_claims.CLAIM, headers={"Location": "Its job."})
    | failures(*examples.BODY, *examples.ENGINE, examples_claims.UNAVAILABLE, examples.STORAGE),
)
async def create_claim(
    body: Made, response: Response, store: UsesStore, dispatcher: UsesDispatcher, claims: UsesClaims
) -> ClaimResponse:
    """What is stored is read for it at once, as far as it could mean the claim, and so is every article that comes in later."""
    made, created = await claim.make(store, dispatcher, claims, body.text.strip(), body.filter())
    response.status_code = HTTPStatus.ACCEPTED if created else HTTPStatus.OK
    response.headers["Location"] = f"/v1/jobs/{made.job.id}"
    return ClaimResponse.of(made)


@router.get(
    "",
    summary="List claims",
    responses=success(200, "One page, the newest first.", examples_claims.CLAIMS, headers=LINK)
    | failures(*examples.CURSORS, examples.STORAGE),
)
async def list_claims(paging: Paging, links: UsesLinks, store: UsesStore) -> ClaimPageResponse:
    """With what is known of each by now."""
    found = await claim.all_claims(store, limit=paging.limit, cursor=paging.cursor)
    return links.page(ClaimPageResponse, ClaimResponse.of, found)


@router.get(
    "/{claim_id}",
    summary="Get a claim",
    responses=success(200, "What is known of it by now.", examples_claims.CLAIM)
    | failures(*examples_claims.NO_CLAIM, examples.STORAGE),
)
async def get_claim(claim_id: ClaimId, store: UsesStore) -> ClaimResponse:
    """How many articles were considered, held off and read, and what they say."""
    return ClaimResponse.of(await claim.claim(store, claim_id))


@router.delete(
    "/{claim_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete a claim",
    responses=success(204, "It is gone.") | failures(*examples_claims.NO_CLAIM, examples.STORAGE),
)
async def delete_claim(claim_id: ClaimId, store: UsesStore) -> None:
    """With its job and all that articles say of it. What is being read for it is dropped."""
    await claim.remove(store, claim_id)


@router.get(
    "/{claim_id}/stances",
    summary="List what articles say of a claim",
    responses=success(200, "One page.", examples_claims.STANCES, headers=LINK)
    | failures(*examples_claims.NO_CLAIM, *examples.FILTER, *examples.CURSORS, examples.STORAGE),
)
async def list_claim_stances(
    claim_id: ClaimId, query: ClaimStances, paging: SortedClaimPaging, links: UsesLinks, store: UsesStore
) -> ClaimStancePageResponse:
    """One row for each article that was read, with the passages that decided; unrelated ones only where they are asked for."""
    found = await claim_stances.stances(
        store, claim_id, query.filter(), sort=paging.sort, limit=paging.limit, cursor=paging.cursor
    )
    return links.page(ClaimStancePageResponse, ClaimStanceResponse.of, found)


@router.get(
    "/{claim_id}/series",
    summary="Count what articles say of a claim over time",
    responses=success(200, "Counts for each interval.", examples_claims.SERIES)
    | failures(*examples_claims.NO_CLAIM, *examples.FILTER, examples.TOO_MANY_POINTS, examples.STORAGE),
)
async def get_claim_series(claim_id: ClaimId, query: ClaimSeriesOf, store: UsesStore) -> ClaimSeriesResponse:
    """Rows of the list, counted by stance and by the UTC day, week or month of publication."""
    found = await claim_stances.series(store, claim_id, query.filter(), interval=query.interval)
    return ClaimSeriesResponse.of(found, interval=query.interval)


@router.get(
    "/{claim_id}/spread",
    summary="Tell how a claim spread",
    responses=success(200, "One page, the earliest first.", examples_claims.SPREAD, headers=LINK)
    | failures(*examples_claims.NO_CLAIM, *examples.FILTER, *examples.CURSORS, examples.STORAGE),
)
async def get_claim_spread(claim_id: ClaimId, query: SpreadOf, links: UsesLinks, store: UsesStore) -> SpreadResponse:
    """Who first agreed, who first denied, and how many outlets followed; near-duplicates are folded into the first of them.

    An article of which only the day is known counts as the first moment of that day in UTC; one without a date stands apart.
    """
    found = await spread(store, claim_id, query.filter(), limit=query.limit, cursor=query.cursor)
    page = Page(found.reports, found.next_cursor)
    return links.page(SpreadResponse, ReportResponse.told, page, **spread_fields(found))
