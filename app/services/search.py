"""Lists of what is stored."""

from __future__ import annotations

from app.domain.records import Filter, ListedStance, Page, Sort, StoredArticle
from app.services import paging
from app.storage import articles as article_statements
from app.storage import cursors
from app.storage import stances as stance_statements
from app.storage.database import Store


async def articles(
    store: Store, wanted: Filter, *, sort: Sort = Sort.CREATED_AT, limit: int, cursor: str | None = None
) -> Page[StoredArticle]:
    """Without texts and annotations. Conditions on stances hold of at least one stance of the article."""
    return await paging.page(
        store,
        article_statements.listed(wanted),
        article_statements.order(wanted, sort),
        lambda row: article_statements.read_listed(row[0], row[1]),
        bound_to=cursors.binding("articles", wanted, sort),
        limit=limit,
        cursor=cursor,
    )


async def stances(
    store: Store, wanted: Filter, *, sort: Sort = Sort.CREATED_AT, limit: int, cursor: str | None = None
) -> Page[ListedStance]:
    """The newest article comes first, and of one article the most salient country."""
    return await paging.page(
        store,
        stance_statements.listed(wanted),
        stance_statements.ORDERS[sort],
        stance_statements.read,
        bound_to=cursors.binding("stances", wanted, sort),
        limit=limit,
        cursor=cursor,
    )
