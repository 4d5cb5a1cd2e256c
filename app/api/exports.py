"""Exports: everything that a filter finds, as one file."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from app.api import examples
from app.api.dependencies import UsesStore
from app.api.downloads import UsesDownloads
from app.api.queries import ExportOf
from app.api.relation_queries import RelationExportOf
from app.api.responses import failures, file
from app.api.schemas_exports import ArticleLineResponse, RelationLineResponse, StanceLineResponse
from app.api.strict import StrictRoute
from app.domain import exports
from app.services import export

router = APIRouter(prefix="/v1/exports", tags=["exports"], route_class=StrictRoute)

FAILURES = failures(*examples.FILTER, *examples.CURSORS, *examples.FORMS, examples.STORAGE)


@router.get(
    "/stances",
    summary="Export stances",
    response_class=StreamingResponse,
    responses=file("Every stance that fits, the oldest article first.", examples.STANCE_FILE, StanceLineResponse) | FAILURES,
)
async def export_stances(query: ExportOf, downloads: UsesDownloads, store: UsesStore) -> Response:
    """The rows of the list of stances, as one file. Articles that come in meanwhile are not in it."""
    download = downloads.begin("stances", exports.STANCE, query)
    return download.of(export.stances(store, query.filter(), encode=download.encode, cursor=query.cursor))


@router.get(
    "/relations",
    summary="Export relations",
    response_class=StreamingResponse,
    responses=file("Every relation that fits, the oldest article first.", examples.RELATION_FILE, RelationLineResponse)
    | failures(*examples.FILTER_OF_PAIRS, *examples.CURSORS, *examples.FORMS, examples.STORAGE),
)
async def export_relations(query: RelationExportOf, downloads: UsesDownloads, store: UsesStore) -> Response:
    """The rows of the list of relations, as one file. Articles that come in meanwhile are not in it."""
    download = downloads.begin("relations", exports.RELATION, query)
    return download.of(export.relations(store, query.filter(), encode=download.encode, cursor=query.cursor))


@router.get(
    "/articles",
    summary="Export articles",
    response_class=StreamingResponse,
    responses=file("Every article that fits, the oldest first.", examples.ARTICLE_FILE, ArticleLineResponse) | FAILURES,
)
async def export_articles(query: ExportOf, downloads: UsesDownloads, store: UsesStore) -> Response:
    """The rows of the list of articles, as one file. Articles that come in meanwhile are not in it."""
    download = downloads.begin("articles", exports.ARTICLE, query)
    return download.of(export.articles(store, query.filter(), encode=download.encode, cursor=query.cursor))
