"""Articles: submit, read, change, delete."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Response
from fastapi.concurrency import run_in_threadpool

from app.api import examples
from app.api.dependencies import ArticleId, UsesAnnotator, UsesStore
from app.api.pages import LINK, UsesLinks
from app.api.queries import Filters, Paging, SortedPaging
from app.api.responses import failures, success
from app.api.schemas_annotations import AnnotationPageResponse, AnnotationResponse
from app.api.schemas_articles import (
    ArticleMetadataRequest,
    ArticlePageResponse,
    ArticleRequest,
    ArticleResponse,
    ArticleTextRequest,
    article_in_json,
)
from app.api.strict import StrictRoute
from app.services import fetch, revise, search
from app.services.remove import remove
from app.services.submit import submit

router = APIRouter(prefix="/v1/articles", tags=["articles"], route_class=StrictRoute)

Submitted = Annotated[ArticleRequest, Body(openapi_examples=examples.requests(an_article=examples.ARTICLE_REQUEST))]
Changed = Annotated[ArticleMetadataRequest, Body(openapi_examples=examples.requests(a_correction=examples.METADATA_REQUEST))]
Rewritten = Annotated[ArticleTextRequest, Body(openapi_examples=examples.requests(a_new_text=examples.ANNOTATE_REQUEST))]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="Submit an article",
    responses=success(201, "Article and annotation are both committed.", examples.ARTICLE, headers={"Location": "The article."})
    | success(200, "An equal article was stored already; here it is.", examples.ARTICLE, headers={"Location": "The article."})
    | failures(*examples.BODY, *examples.TEXT_TO_READ, *examples.CONFLICT, *examples.ENGINE, examples.STORAGE),
)
async def create_article(body: Submitted, response: Response, store: UsesStore, annotator: UsesAnnotator) -> ArticleResponse:
    """Annotates the article and stores both. Sending the same article again is harmless and returns the stored one."""
    article, created = await submit(store, annotator, body.submission())
    response.status_code = HTTPStatus.CREATED if created else HTTPStatus.OK
    response.headers["Location"] = f"{router.prefix}/{article.id}"
    return await run_in_threadpool(ArticleResponse.of, article)


@router.get(
    "",
    summary="List articles",
    response_model=ArticlePageResponse,
    responses=success(200, "One page, without texts and annotations.", examples.ARTICLES, headers=LINK)
    | failures(*examples.FILTER, *examples.CURSORS, examples.STORAGE),
)
async def list_articles(query: Filters, paging: SortedPaging, links: UsesLinks, store: UsesStore) -> Response:
    """Conditions on country, stance, score and salience hold for one and the same country of the article."""
    found = await search.articles(store, query.filter(), sort=paging.sort, limit=paging.limit, cursor=paging.cursor)
    return links.written([article_in_json(article) for article in found.items], found.next_cursor)


@router.get(
    "/{article_id}",
    summary="Get an article",
    responses=success(200, "The article with its annotation.", examples.ARTICLE)
    | failures(*examples.NO_ARTICLE, examples.STORAGE),
)
async def get_article(article_id: ArticleId, store: UsesStore) -> ArticleResponse:
    """With its current text, and the annotation of the active model version if there is one, else the newest."""
    return await run_in_threadpool(ArticleResponse.of, await fetch.article(store, article_id))


@router.patch(
    "/{article_id}",
    summary="Change what is known of an article",
    responses=success(200, "The article as it is now.", examples.ARTICLE)
    | failures(*examples.BODY, *examples.NO_ARTICLE, *examples.CONFLICT, examples.STORAGE),
)
async def update_article(article_id: ArticleId, body: Changed, store: UsesStore) -> ArticleResponse:
    """Changes the fields that are sent; null clears one, and `metadata` is replaced as a whole. The text stays as it is."""
    return await run_in_threadpool(ArticleResponse.of, await revise.edit(store, article_id, body.changes()))


@router.put(
    "/{article_id}/text",
    summary="Replace the text of an article",
    responses=success(200, "The article with its new text, annotated.", examples.ARTICLE)
    | failures(
        *examples.BODY, *examples.TEXT_TO_READ, *examples.NO_ARTICLE, *examples.CONFLICT, *examples.ENGINE, examples.STORAGE
    ),
)
async def replace_article_text(
    article_id: ArticleId, body: Rewritten, store: UsesStore, annotator: UsesAnnotator
) -> ArticleResponse:
    """Makes a new revision of title and text and annotates it. The old one and its annotations are kept."""
    return await run_in_threadpool(
        ArticleResponse.of, await revise.replace_text(store, annotator, article_id, body.article_text())
    )


@router.delete(
    "/{article_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete an article",
    responses=success(204, "It is gone.") | failures(*examples.NO_ARTICLE, examples.STORAGE),
)
async def delete_article(article_id: ArticleId, store: UsesStore) -> None:
    """Deletes the article, all its revisions and everything that was derived from them."""
    await remove(store, article_id)


@router.get(
    "/{article_id}/annotations",
    summary="List the annotations of an article",
    responses=success(200, "One page, the newest first.", examples.ANNOTATIONS, headers=LINK)
    | failures(*examples.NO_ARTICLE, *examples.CURSORS, examples.STORAGE),
)
async def list_article_annotations(
    article_id: ArticleId, paging: Paging, links: UsesLinks, store: UsesStore
) -> AnnotationPageResponse:
    """Of every revision and every model version."""
    found = await fetch.annotations(store, article_id, limit=paging.limit, cursor=paging.cursor)
    return await run_in_threadpool(links.page, AnnotationPageResponse, AnnotationResponse.of, found)
