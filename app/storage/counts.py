"""Statements that count."""

from __future__ import annotations

from sqlalchemy import BigInteger, Select, func, literal_column, select, true
from sqlalchemy.orm import aliased

from app.domain.records import Filter
from app.domain.values import Stance
from app.storage import conditions, publication, stances
from app.storage.keyset import Alphabetical
from app.storage.tables import AnnotationRow, ArticleRow, StanceRow

BY_NAME = Alphabetical((ArticleRow.publisher,))

# A bound value would be two parameters, in SELECT and in GROUP BY, and PostgreSQL could not know that they are equal.
_DAY = StanceRow.published_order // literal_column(str(publication.DAY), BigInteger)


def stances_by_day(wanted: Filter) -> Select[int, Stance | None, int]:
    """Days as `publication.day_of` reads them; undated articles are on day -1. Weeks and months are sums of days."""
    statement = select(_DAY, StanceRow.stance, func.count()).where(*stances.wanted_here(wanted)).group_by(_DAY, StanceRow.stance)
    about_articles = list(conditions.of_article(wanted))
    if not about_articles:
        return statement
    return statement.join(ArticleRow, ArticleRow.id == StanceRow.article_id).where(*about_articles)


def articles_by_country() -> Select[str, str, int]:
    articles = func.count()
    # One look at the newest row of each country; to take a name from all of them would read the table instead of an index.
    newest = aliased(StanceRow)
    of_country = select(newest.name).where(newest.shown == true(), newest.country == StanceRow.country)
    name = of_country.order_by(newest.article_id.desc(), newest.rank.desc()).limit(1).scalar_subquery()
    counted = select(StanceRow.country, name, articles).where(StanceRow.shown == true()).group_by(StanceRow.country)
    return counted.order_by(articles.desc(), StanceRow.country)


def articles_by_publisher() -> Select[str | None, int]:
    return select(ArticleRow.publisher, func.count()).group_by(ArticleRow.publisher)


def annotations_of_model(model: str) -> Select[int]:
    return select(func.count()).where(AnnotationRow.model == model)


def annotations_by_model() -> Select[str, int]:
    return select(AnnotationRow.model, func.count()).group_by(AnnotationRow.model).order_by(AnnotationRow.model)
