"""Corrections: a reviewer's word, which wins over the model's in every query until it is revoked."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Response

from app.api import examples
from app.api.dependencies import ArticleId, CorrectionId, UsesAnnotator, UsesReviewer, UsesStore
from app.api.downloads import UsesDownloads
from app.api.pages import LINK, UsesLinks
from app.api.queries import CorrectionsAs, Paging
from app.api.responses import failures, success
from app.api.schemas_corrections import CorrectionPageResponse, CorrectionRequest, CorrectionResponse
from app.api.strict import StrictRoute
from app.domain import exports
from app.services import correct as corrections
from app.services import export
from app.services.correct import correct, revoke

router = APIRouter(prefix="/v1", tags=["corrections"], route_class=StrictRoute)

Said = Annotated[CorrectionRequest, Body(openapi_examples=examples.requests(another_stance=examples.CORRECTION_REQUEST))]


@router.post(
    "/articles/{article_id}/corrections",
    status_code=HTTPStatus.CREATED,
    summary="Correct an article",
    responses=success(201, "It holds from now on.", examples.CORRECTION)
    | failures(*examples.BODY, *examples.NO_ARTICLE, examples.STORAGE),
)
async def create_correction(
    article_id: ArticleId, body: Said, store: UsesStore, annotator: UsesAnnotator, reviewer: UsesReviewer
) -> CorrectionResponse:
    """Says that the article is, or is not, about a country, and its stance. It holds for later texts and model versions too."""
    made = await correct(store, annotator, article_id, body.verdict(), reason=body.reason, reviewer=reviewer)
    return CorrectionResponse.of(made)


@router.get(
    "/articles/{article_id}/corrections",
    summary="List the corrections of an article",
    responses=success(200, "One page, the newest first.", examples.CORRECTIONS, headers=LINK)
    | failures(*examples.NO_ARTICLE, *examples.CURSORS, examples.STORAGE),
)
async def list_article_corrections(
    article_id: ArticleId, paging: Paging, links: UsesLinks, store: UsesStore
) -> CorrectionPageResponse:
    """Revoked ones too."""
    found = await corrections.of_article(store, article_id, limit=paging.limit, cursor=paging.cursor)
    return links.page(CorrectionPageResponse, CorrectionResponse.of, found)


@router.delete(
    "/articles/{article_id}/corrections/{correction_id}",
    summary="Revoke a correction",
    responses=success(200, "What held before holds again.", examples.REVOKED)
    | failures(*examples.NO_ARTICLE, *examples.NO_CORRECTION, examples.STORAGE),
)
async def revoke_correction(
    article_id: ArticleId, correction_id: CorrectionId, store: UsesStore, reviewer: UsesReviewer
) -> CorrectionResponse:
    """Nothing is deleted: the correction stays readable, with the time of its revocation."""
    return CorrectionResponse.of(await revoke(store, article_id, correction_id, reviewer=reviewer))


@router.get(
    "/corrections",
    summary="List or export all corrections",
    response_model=CorrectionPageResponse,
    responses=success(
        200, "One page, the newest first; or one file.", examples.CORRECTIONS, headers=LINK, files=examples.CORRECTION_FILE
    )
    | failures(*examples.CURSORS, examples.STORAGE),
)
async def list_corrections(
    query: CorrectionsAs, links: UsesLinks, downloads: UsesDownloads, store: UsesStore
) -> CorrectionPageResponse | Response:
    """What people know better than the model. A page has revoked ones too.

    NDJSON is for teaching the next model: each correction that holds, the oldest first, with the text that the reviewer saw, the
    mentions of the country in it, and what the model had said (`model_stance`: a stance, `undecided` or `not_found`).
    """
    if download := downloads.begin_lines("corrections", exports.CORRECTION, query):
        return download.of(export.corrections(store, encode=download.encode, cursor=query.cursor))
    found = await corrections.everything(store, limit=query.limit, cursor=query.cursor)
    return links.page(CorrectionPageResponse, CorrectionResponse.of, found)
