"""What a model says of a text: said now, or said once and stored.

Wire models of annotations are made aside: a long text has thousands of mentions, and the event loop would stand still for half a
second.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.concurrency import run_in_threadpool

from app.api import examples, examples_claims
from app.api.dependencies import AnnotationId, UsesAnnotator, UsesClaims, UsesStore
from app.api.responses import failures, success
from app.api.schemas_annotations import AnnotateRequest, AnnotationResponse
from app.api.schemas_verdicts import AnnotatedTextResponse
from app.api.strict import StrictRoute
from app.domain.records import now
from app.services import fetch
from app.services.annotate import annotate as annotate_text
from app.services.annotate import read_claims

router = APIRouter(prefix="/v1", tags=["annotations"], route_class=StrictRoute)

REQUESTS = examples.requests(
    an_article=examples.ANNOTATE_REQUEST, a_named_target=examples.TARGETS_REQUEST, a_claim=examples.CLAIMS_REQUEST
)
Requested = Annotated[
    AnnotateRequest,
    Body(openapi_examples=REQUESTS),
]


@router.post(
    "/annotate",
    summary="Annotate a text, storing nothing",
    responses=success(200, "What the model says.", examples_claims.ANNOTATED_TEXT)
    | failures(*examples.BODY, *examples.TEXT_TO_READ, *examples.ENGINE, examples_claims.UNAVAILABLE),
)
async def annotate(body: Requested, annotator: UsesAnnotator, claims: UsesClaims) -> AnnotatedTextResponse:
    """Which countries the text is about and what stance it takes toward each, with the words that show it; what it says of the
    claims that are sent along; and its stance toward targets, those that it never names judged as its topics.
    """
    verdicts = await read_claims(claims, body.article_text(), body.claims)
    annotation = await annotate_text(annotator, body.article_text(), language=body.language, targets=body.targets)
    return await run_in_threadpool(AnnotatedTextResponse.with_claims, annotation, body.claims, verdicts, created_at=now())


@router.get(
    "/annotations/{annotation_id}",
    summary="Get an annotation",
    responses=success(200, "The annotation.", examples.ANNOTATION) | failures(*examples.NO_ANNOTATION, examples.STORAGE),
)
async def get_annotation(annotation_id: AnnotationId, store: UsesStore) -> AnnotationResponse:
    """It never changes; another model version or another text makes another annotation."""
    return await run_in_threadpool(AnnotationResponse.of, await fetch.annotation(store, annotation_id))
