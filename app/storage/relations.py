"""Statements on relations: the slim rows that lists and the matrix are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Subquery, select

from app.domain.records import ArticleReference, Sort
from app.domain.relations import ListedRelation, RelationFilter
from app.storage import articles, judgements
from app.storage.keyset import Found, Keyset, Statement, with_key
from app.storage.plain import written
from app.storage.relation_conditions import everything
from app.storage.stances import MOST_PARTS
from app.storage.standing import Standing
from app.storage.tables import ArticleRow, RelationRow, RevisionRow
from app.storage.told import Told

ORDERS: Mapping[Sort, Keyset] = {
    # By the article, not by the annotation: a page that is being read loses nothing when articles are annotated anew meanwhile.
    Sort.CREATED_AT: Keyset((RelationRow.article_id, RelationRow.rank)),
    Sort.PUBLISHED_AT: Keyset((RelationRow.published_order, RelationRow.article_id, RelationRow.rank)),
}


def rows(found: Told) -> list[dict[str, Any]]:
    """What an annotation says of each pair of countries."""
    if not found.said.relations:
        return []
    shared = {**found.shared(), "standing": Standing.MODEL}
    most_probable_first = sorted(found.said.relations, key=attrgetter("probability"), reverse=True)
    return [
        {
            **shared,
            "rank": rank,
            "source": relation.source,
            "target": relation.target,
            "stance": relation.stance,
            "probability": relation.probability,
            "evidence": judgements.dump_evidence(relation.evidence),
        }
        for rank, relation in enumerate(reversed(most_probable_first))
    ]


def listed(wanted: RelationFilter) -> Statement:
    return _with_articles().where(*everything(wanted))


def keys(wanted: RelationFilter, _: Sort) -> Select[UUID, int]:
    """Of the rows of `listed`, without a look at articles and texts."""
    return select(*_KEY).where(*everything(wanted))


def with_keys(_: RelationFilter, found: Subquery) -> Statement:
    """Rows of `listed`, by their keys."""
    return with_key(_with_articles(), _KEY, found)


def parts(wanted: RelationFilter, sort: Sort) -> Sequence[RelationFilter]:
    """As `stances.parts`: an index has the rows of one country, or of one pair, in order."""
    pairs = list(product(_each(wanted.sources), _each(wanted.targets)))
    if 1 < len(pairs) <= MOST_PARTS:
        return [replace(wanted, sources=sources, targets=targets) for sources, targets in pairs]
    ranged = wanted.published_from is not None or wanted.published_to is not None
    return [wanted] if ranged and sort is Sort.CREATED_AT else []


def _each(countries: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [(country,) for country in countries] or [()]


def _with_articles() -> Statement:
    article = (ArticleRow.publisher, ArticleRow.url, ArticleRow.published_day, ArticleRow.published_at, ArticleRow.created_at)
    return (
        select(*_LISTED, *article, RevisionRow.title)
        .join(ArticleRow, ArticleRow.id == RelationRow.article_id)
        .join(RevisionRow, articles.CURRENT)
    )


SELECTED = (
    "annotation_id",
    "article_id",
    "title",
    "publisher",
    "url",
    "published_day",
    "published_at",
    "source",
    "target",
    "stance",
    "probability",
    "model",
    "created_at",
    "evidence",
)
"""Columns of `listed` that `read` is given, in this order, as `plain` makes them."""


def read(row: Found) -> ListedRelation:
    annotation, article, title, publisher, url, day, instant, *said = row[: len(SELECTED)]
    source, target, stance, probability, model, created_at, evidence = said
    return ListedRelation(
        written(annotation),
        ArticleReference(written(article), title, publisher, url, instant or day),
        source,
        target,
        stance,
        probability,
        model,
        created_at,
        judgements.read_evidence(evidence),
    )


_KEY = (RelationRow.annotation_id, RelationRow.rank)

_LISTED = (
    RelationRow.annotation_id,
    RelationRow.article_id,
    RelationRow.source,
    RelationRow.target,
    RelationRow.stance,
    RelationRow.probability,
    RelationRow.model,
    RelationRow.evidence,
)
