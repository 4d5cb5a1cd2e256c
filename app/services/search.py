"""Lists of what is stored."""

from __future__ import annotations

from app.domain.records import Filter, ListedArticle, ListedStance, Page, Sort
from app.domain.relations import ListedRelation, RelationFilter
from app.services import paging
from app.storage.database import Store
from app.storage.lists import ARTICLES, RELATIONS, STANCES
from app.traces.spans import spanned


@spanned
async def articles(
    store: Store, wanted: Filter, *, sort: Sort = Sort.CREATED_AT, limit: int, cursor: str | None = None
) -> Page[ListedArticle]:
    """Without texts and annotations. Conditions on stances hold of at least one stance of the article."""
    return await paging.listed(store, ARTICLES, wanted, sort, limit=limit, cursor=cursor)


@spanned
async def stances(
    store: Store, wanted: Filter, *, sort: Sort = Sort.CREATED_AT, limit: int, cursor: str | None = None
) -> Page[ListedStance]:
    """The newest article comes first, and of one article the most salient country."""
    return await paging.listed(store, STANCES, wanted, sort, limit=limit, cursor=cursor)


@spanned
async def relations(
    store: Store, wanted: RelationFilter, *, sort: Sort = Sort.CREATED_AT, limit: int, cursor: str | None = None
) -> Page[ListedRelation]:
    """The newest article comes first, and of one article the most probable relation."""
    return await paging.listed(store, RELATIONS, wanted, sort, limit=limit, cursor=cursor)
