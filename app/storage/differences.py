"""Statements that lay what two model versions say of the same texts side by side. What reviewers say stays out of it."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Subquery, exists, func, select

from app.domain.records import Difference, Side
from app.domain.values import CountryCode, Scores, Stance
from app.storage.keyset import Column, Found, Keyset, Statement
from app.storage.standing import Standing
from app.storage.tables import AnnotationRow, ArticleRow, StanceRow


class Comparison:
    """Of the articles whose current text both versions read: one row for each country that either of them found."""

    def __init__(self, before: str, after: str) -> None:
        self._before, self._after = _said(before, as_well=after), _said(after, as_well=before)
        self._article = func.coalesce(self._before.c.article_id, self._after.c.article_id, type_=StanceRow.article_id.type)
        self._country = func.coalesce(self._before.c.country, self._after.c.country, type_=StanceRow.country.type)
        self.newest = Keyset((cast("Column", self._article), cast("Column", self._country)))

    def counts(self) -> Select[*tuple[Any, ...]]:
        """How often each pair occurs: found before, stance before, found after, stance after, how often."""
        sides = (_found(self._before), self._before.c.stance, _found(self._after), self._after.c.stance)
        return self._laid(*sides, func.count()).group_by(*sides)

    def changed(self) -> Statement:
        return self._laid(
            self._article.label("article_id"),
            self._country.label("country"),
            func.coalesce(self._before.c.name, self._after.c.name).label("name"),
            *(column.label(f"before_{column.key}") for column in _judged(self._before)),
            *(column.label(f"after_{column.key}") for column in _judged(self._after)),
        ).where(_found(self._before).is_distinct_from(_found(self._after)) | self._other_stance())

    def _other_stance(self) -> ColumnElement[bool]:
        return self._before.c.stance.is_distinct_from(self._after.c.stance)

    def _laid(self, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
        same = (self._before.c.article_id == self._after.c.article_id) & (self._before.c.country == self._after.c.country)
        return select(*columns).select_from(self._before.join(self._after, same, full=True))


def texts_of_both(one: str, other: str) -> Select[int]:
    """How many current texts both versions read."""
    return select(func.count()).select_from(ArticleRow).where(_read_by(one), _read_by(other))


def read(row: Found) -> Difference:
    return Difference(
        article_id=str(row.article_id),
        country=CountryCode(row.country),
        name=row.name,
        before=_side(row.before_stance, row.before_favor, row.before_neutral, row.before_against),
        after=_side(row.after_stance, row.after_favor, row.after_neutral, row.after_against),
    )


def _said(model: str, *, as_well: str) -> Subquery:
    """Rows exist for current texts only, so the other version has to have read the current one."""
    columns = (StanceRow.article_id, StanceRow.country, StanceRow.name, StanceRow.stance)
    rows = select(*columns, StanceRow.favor, StanceRow.neutral, StanceRow.against)
    own = rows.where(StanceRow.model == model, StanceRow.standing != Standing.HUMAN)
    return own.join(ArticleRow, ArticleRow.id == StanceRow.article_id).where(_read_by(as_well)).subquery()


def _read_by(model: str) -> ColumnElement[bool]:
    return exists().where(
        AnnotationRow.article_id == ArticleRow.id,
        AnnotationRow.revision == ArticleRow.revision,
        AnnotationRow.model == model,
    )


def _judged(side: Subquery) -> tuple[ColumnElement[Any], ...]:
    return side.c.stance, side.c.favor, side.c.neutral, side.c.against


def _found(side: Subquery) -> ColumnElement[bool]:
    return side.c.article_id.is_not(None)


def _side(stance: Stance | None, favor: float | None, neutral: float | None, against: float | None) -> Side | None:
    # Scores are never missing from a row; where they are, there was none.
    if favor is None or neutral is None or against is None:
        return None
    return Side(stance=stance, scores=Scores(favor=favor, neutral=neutral, against=against))
