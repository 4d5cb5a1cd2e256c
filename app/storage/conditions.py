"""A Filter as SQL conditions. All that concern a stance hold of one and the same stance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal_column, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.domain.records import ArticleFilter, Filter
from app.domain.values import JudgedBy, Stance
from app.storage import ids, matching, publication
from app.storage.kinds import bits
from app.storage.standing import Standing
from app.storage.tables import AnnotationRow, ArticleRow, StanceRow

Condition = ColumnElement[bool]
# mypy would take the attribute of an object that is a column for the value of a row.
Column = Any
Rows = type[StanceRow]
"""The stance rows themselves, or an alias of them."""


@dataclass(frozen=True, slots=True)
class About:
    """The columns that tell of an article, in its own row or repeated in a stance."""

    article_id: Column
    published_order: Column
    publisher: Column
    language: Column
    day: Column | None = None
    """Where it stands in the index of counts."""
    month: Column | None = None
    """Where it stands in the index of months, for a range that lies in one."""


def about_article(article: type[ArticleRow] = ArticleRow) -> About:
    return About(article.id, article.published_order, article.publisher, article.read_language)


def about_stance(stance: Rows = StanceRow, *, counted: bool = False, in_month: bool = False) -> About:
    day, month = stance.day if counted else None, stance.month if in_month else None
    return About(stance.article_id, stance.published_order, stance.publisher, stance.language, day, month)


def of_article(wanted: ArticleFilter, about: About) -> Iterator[Condition]:
    if wanted.publisher is not None:
        yield about.publisher == wanted.publisher
    if wanted.language is not None:
        yield about.language == wanted.language.split("-")[0].lower()
    if wanted.url is not None:
        yield about.article_id.in_(select(ArticleRow.id).where(ArticleRow.url == wanted.url))
    if wanted.external_id is not None:
        yield about.article_id.in_(select(ArticleRow.id).where(ArticleRow.external_id == wanted.external_id))
    if wanted.q is not None:
        yield about.article_id.in_(matching.articles(wanted.q))
    yield from _published(wanted, about)
    yield from _created(wanted, about)


def of_stance(wanted: Filter, stance: Rows = StanceRow) -> Iterator[Condition]:
    """Conditions on the stance alone, beginning with whose word is meant."""
    yield from of_view(wanted, stance)
    if wanted.countries:
        yield one_of(stance.country, wanted.countries)
    if wanted.stances:
        yield _stance(judged(wanted, stance)[0], wanted.stances)
    if wanted.min_score is not None:
        yield _probable(wanted, stance, wanted.min_score)
    if wanted.min_salience is not None:
        yield stance.salience >= wanted.min_salience
    if wanted.kinds:
        yield stance.kinds.bitwise_and(bits(wanted.kinds)) != 0


def of_view(wanted: Filter, stance: Rows = StanceRow) -> Iterator[Condition]:
    """Which model version, which voice, and whether a reviewer's word counts."""
    yield stance.model == wanted.model if wanted.model is not None else stance.shown == true()
    # Literal numbers: a partial index is used only where the query says the same words.
    if wanted.judged_by is JudgedBy.HUMAN:
        yield stance.standing == literal_column(str(int(Standing.HUMAN)))
    elif wanted.judged_by is JudgedBy.MODEL:
        yield stance.standing != literal_column(str(int(Standing.HUMAN)))
    else:
        yield stance.standing < literal_column(str(int(Standing.OVERRULED)))
    if wanted.voice is not None:
        yield judged(wanted, stance)[1].is_not(None)


def judged(wanted: Filter, stance: Rows = StanceRow) -> tuple[InstrumentedAttribute[Any], ...]:
    """Stance, favor, neutral and against of the voice that is meant."""
    before = "" if wanted.voice is None else f"{wanted.voice}_"
    return tuple(getattr(stance, before + name) for name in ("stance", *Stance))


def everything(wanted: Filter, stance: Rows = StanceRow, *, counted: bool = False, in_month: bool = False) -> list[Condition]:
    """All that a filter asks of a stance and its article. Every column stands in the stance row, so that nothing is joined."""
    about = about_stance(stance, counted=counted, in_month=in_month)
    found = [*of_stance(wanted, stance), *of_article(wanted, about)]
    return [*found, _eldest_stance(wanted, stance)] if wanted.collapse else found


def having_stance(wanted: Filter, article: type[ArticleRow] = ArticleRow) -> Iterator[Condition]:
    """Articles with at least one stance that is wanted. A model version alone asks only that it annotated the article."""
    if asks_of_stances(wanted):
        yield exists().where(StanceRow.article_id == article.id, *of_stance(wanted))
    elif wanted.model is not None:
        yield exists().where(
            AnnotationRow.article_id == article.id,
            AnnotationRow.revision == article.revision,
            AnnotationRow.model == wanted.model,
        )


def asks_of_stances(wanted: Filter) -> bool:
    lists = (wanted.countries, wanted.stances, wanted.kinds)
    given = (wanted.min_score, wanted.min_salience, wanted.voice, wanted.judged_by)
    return any(lists) or any(value is not None for value in given)


def eldest_article(wanted: Filter) -> Condition:
    """No older article of its group is what the filter asks for."""
    other = aliased(ArticleRow)
    found = [*of_article(wanted, about_article(other)), *having_stance(wanted, other)]
    older = and_(other.duplicate_group == ArticleRow.duplicate_group, other.id < ArticleRow.id)
    return or_(ArticleRow.duplicate_group.is_(None), ~exists().where(older, *found))


def one_of(column: InstrumentedAttribute[Any], values: Sequence[Any]) -> Condition:
    # Equality keeps the order of an index, which membership of one does not on every planner.
    return column == values[0] if len(values) == 1 else column.in_(values)


def _eldest_stance(wanted: Filter, stance: Rows) -> Condition:
    """No older article of its group takes a stance toward the same country that is what the filter asks for."""
    other = aliased(StanceRow)
    found = [*of_stance(wanted, other), *of_article(wanted, about_stance(other))]
    same = and_(other.duplicate_group == stance.duplicate_group, other.country == stance.country)
    return or_(stance.duplicate_group.is_(None), ~exists().where(same, other.article_id < stance.article_id, *found))


def _published(wanted: ArticleFilter, about: About) -> Iterator[Condition]:
    """From is inclusive, to exclusive; without a date an article is in no range."""
    first = None if wanted.published_from is None else publication.order_of(wanted.published_from)
    end = None if wanted.published_to is None else publication.order_of(wanted.published_to)
    if about.day is not None and not any((bound or 0) % publication.DAY for bound in (first, end)):
        first, end = (None if bound is None else publication.day(bound) for bound in (first, end))
        yield from _within(about.day, publication.day(publication.UNDATED), first, end)
    elif about.month is not None and first is not None and end is not None:
        yield about.month == publication.month(first)
        # The month has said most of it, but planners would take it for a second, independent condition, and few rows for the
        # rest. This they expect of nearly all.
        yield case((and_(about.published_order >= first, about.published_order < end), 1)).is_not(None)
    else:
        yield from _within(about.published_order, publication.UNDATED, first, end)


def _within(column: Column, undated: int, first: int | None, end: int | None) -> Iterator[Condition]:
    if first is not None:
        yield column >= first
    if end is not None:
        yield and_(column > undated, column < end)


def _created(wanted: ArticleFilter, about: About) -> Iterator[Condition]:
    """From is inclusive, to exclusive. Ids begin with the millisecond of their creation, so their index answers this too."""
    if wanted.created_from is not None:
        yield about.article_id >= ids.first_at(wanted.created_from)
    if wanted.created_to is not None:
        yield about.article_id < ids.first_at(wanted.created_to)


def _probable(wanted: Filter, stance: Rows, least: float) -> Condition:
    """An undecided stance has no score that could be large enough; a decided one has the highest of the three."""
    decided, *probabilities = judged(wanted, stance)
    if wanted.voice is None:
        return stance.probability >= least
    return and_(decided.is_not(None), or_(*(probability >= least for probability in probabilities)))


def _stance(column: InstrumentedAttribute[Any], stances: Sequence[Stance | None]) -> Condition:
    decided = [stance for stance in stances if stance is not None]
    among = [one_of(column, decided)] if decided else []
    undecided = [column.is_(None)] if None in stances else []
    return or_(*among, *undecided)
