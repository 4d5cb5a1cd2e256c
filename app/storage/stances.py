"""Statements on stances: the slim rows that lists and counts are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, Select, Subquery, insert, literal_column, select

from app.domain.records import ArticleReference, Filter, ListedStance, Sort
from app.domain.values import JudgedBy, Judgement, Scores, Voice
from app.storage import articles, conditions, judgements, publication
from app.storage.keyset import Found, Keyset, Statement, with_key
from app.storage.kinds import bits
from app.storage.plain import written
from app.storage.standing import Standing
from app.storage.tables import ArticleRow, RevisionRow, StanceRow
from app.storage.told import Told

ORDERS: Mapping[Sort, Keyset] = {
    # By the article, not by the annotation: a page that is being read loses nothing when articles are annotated anew meanwhile.
    Sort.CREATED_AT: Keyset((StanceRow.article_id, StanceRow.rank)),
    Sort.PUBLISHED_AT: Keyset((StanceRow.published_order, StanceRow.article_id, StanceRow.rank)),
}


MOST_PARTS = 16
"""Countries, or their months, that are looked up one by one. Of more the newest rows are soon found among those of all."""


def insertion() -> Insert:
    """To be executed with `rows`."""
    return insert(StanceRow)


def rows(found: Told) -> list[dict[str, Any]]:
    """What an annotation says of each country."""
    if not found.said.countries:
        return []
    shared = {**found.shared(), "standing": Standing.MODEL}
    least_salient_first = enumerate(reversed(found.said.countries))
    return [{**shared, "rank": rank, **columns(judgement)} for rank, judgement in least_salient_first if judgement.scores]


def listed(wanted: Filter) -> Statement:
    return _with_articles(wanted).where(*conditions.everything(wanted))


def keys(wanted: Filter, sort: Sort) -> Select[UUID, int, int]:
    """Of the rows of `listed`, without a look at articles and texts."""
    in_month = bool(wanted.countries) and sort is Sort.CREATED_AT and _in_one_month(wanted)
    return select(*_KEY).where(*conditions.everything(wanted, in_month=in_month))


def with_keys(wanted: Filter, found: Subquery) -> Statement:
    """Rows of `listed`, by their keys."""
    return with_key(_with_articles(wanted), _KEY, found)


def parts(wanted: Filter, sort: Sort) -> Sequence[Filter]:
    """Filters that together find what `wanted` does, where no index has its rows in order; none where one has.

    The index of each country has, and that of each of its months. A longer range of publication has to be sorted by creation, and
    then it is keys that should be sorted.
    """
    several = 1 < len(wanted.countries) <= MOST_PARTS
    of_countries = [replace(wanted, countries=(country,)) for country in wanted.countries] if several else [wanted]
    of_months = [part for each in of_countries for part in _by_month(each, sort)]
    if 0 < len(of_months) <= MOST_PARTS:
        return of_months
    ranged = wanted.published_from is not None or wanted.published_to is not None
    # Joined with their articles first, PostgreSQL would walk through most of these to come upon the few with a rare word.
    return of_countries if several or wanted.q is not None or (ranged and sort is Sort.CREATED_AT) else []


def _by_month(wanted: Filter, sort: Sort) -> Sequence[Filter]:
    """None where the articles with a word are looked up, of which an index of months would know nothing."""
    start, end = wanted.published_from, wanted.published_to
    if sort is not Sort.CREATED_AT or wanted.q is not None or len(wanted.countries) != 1:
        return []
    if start is None or end is None or start >= end:
        return []
    first, last = publication.month_of(start), publication.month_of(end, before=True)
    if last - first >= MOST_PARTS:
        return []
    bounds = [start, *map(publication.start_of_month, range(first + 1, last + 1)), end]
    return [replace(wanted, published_from=start, published_to=end) for start, end in pairwise(bounds)]


def _in_one_month(wanted: Filter) -> bool:
    start, end = wanted.published_from, wanted.published_to
    if start is None or end is None or start >= end:
        return False
    return publication.month_of(start) == publication.month_of(end, before=True)


def _with_articles(wanted: Filter) -> Statement:
    names = ("stance", "favor", "neutral", "against")
    said = [column.label(name) for name, column in zip(names, conditions.judged(wanted), strict=True)]
    article = (ArticleRow.publisher, ArticleRow.url, ArticleRow.published_day, ArticleRow.published_at, ArticleRow.created_at)
    return (
        select(*_LISTED, whose(wanted), *said, *article, RevisionRow.title)
        .join(ArticleRow, ArticleRow.id == StanceRow.article_id)
        .join(RevisionRow, articles.CURRENT)
    )


def whose(wanted: Filter) -> Any:
    """Of one voice only the model says something."""
    return StanceRow.standing.label("whose") if wanted.voice is None else literal_column("0").label("whose")


SELECTED = (
    "annotation_id",
    "article_id",
    "title",
    "publisher",
    "url",
    "published_day",
    "published_at",
    "country",
    "name",
    "salience",
    "mention_count",
    "stance",
    "favor",
    "neutral",
    "against",
    "model",
    "created_at",
    "evidence",
    "whose",
)
"""Columns of `listed` that `read` is given, in this order, as `plain` makes them."""


def read(row: Found) -> ListedStance:
    annotation, article, title, publisher, url, day, instant, country, name, salience, mentions, stance, *rest = row
    favor, neutral, against, model, created_at, evidence, whose, *_ = rest
    # By the constructor of tuples: that of a class of named ones takes twice as long.
    reference = _tuple(ArticleReference, (written(article), title, publisher, url, instant or day))
    said = judgements.read_evidence(evidence) if evidence else None
    judged_by = _HUMAN if whose == _STANDING_HUMAN else _MODEL
    toward = (country, name, salience, mentions, stance, (favor, neutral, against))
    return _tuple(ListedStance, (written(annotation), reference, *toward, model, created_at, said, judged_by))


_tuple = tuple.__new__
_HUMAN, _MODEL, _STANDING_HUMAN = JudgedBy.HUMAN.value, JudgedBy.MODEL.value, Standing.HUMAN.value


_KEY = (StanceRow.annotation_id, StanceRow.rank, StanceRow.standing)

_LISTED = (
    StanceRow.annotation_id,
    StanceRow.article_id,
    StanceRow.country,
    StanceRow.name,
    StanceRow.salience,
    StanceRow.mention_count,
    StanceRow.model,
    StanceRow.evidence,
)


def columns(judgement: Judgement) -> dict[str, Any]:
    """What one judgement of a country says."""
    scores = judgement.scores
    assert scores is not None, "a country that was found has scores"
    return {
        "country": judgement.country,
        "name": judgement.name,
        "stance": judgement.stance,
        "kinds": bits(mention.kind for mention in judgement.mentions if mention.kind is not None),
        "mention_count": len(judgement.mentions),
        "salience": judgement.salience,
        "probability": None if judgement.stance is None else scores.of(judgement.stance),
        "favor": scores.favor,
        "neutral": scores.neutral,
        "against": scores.against,
        "evidence": judgements.dump_evidence(judgement.evidence[0]) if judgement.evidence else None,
        **_voice(Voice.AUTHOR, judgement, judgement.author),
        **_voice(Voice.ATTRIBUTED, judgement, judgement.attributed),
    }


def _voice(voice: Voice, judgement: Judgement, heard: Scores | None) -> dict[str, Any]:
    return {
        f"{voice}_stance": judgement.stance_of(voice),
        f"{voice}_favor": heard and heard.favor,
        f"{voice}_neutral": heard and heard.neutral,
        f"{voice}_against": heard and heard.against,
    }
