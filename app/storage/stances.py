"""Statements on stances: the slim rows that lists and counts are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, Update, delete, insert, select, update

from app.domain.records import ArticleReference, Filter, ListedStance, Sort, StoredArticle
from app.domain.values import CountryCode, Judgement, Kind, Probabilities, Voice
from app.storage import articles, conditions, judgements, publication
from app.storage.keyset import Found, Keyset, Statement
from app.storage.standing import Standing
from app.storage.tables import AnnotationRow, ArticleRow, RevisionRow, StanceRow

ORDERS: Mapping[Sort, Keyset] = {
    # By the article, not by the annotation: a page that is being read loses nothing when articles are annotated anew meanwhile.
    Sort.CREATED_AT: Keyset((StanceRow.article_id, StanceRow.rank)),
    Sort.PUBLISHED_AT: Keyset((StanceRow.published_order, StanceRow.article_id, StanceRow.rank)),
}

# Stored rows depend on these numbers; a new kind takes the next bit.
KIND_BITS: Mapping[Kind, int] = {Kind.NAME: 1, Kind.DEMONYM: 2, Kind.CAPITAL: 4, Kind.GOVERNMENT: 8, Kind.PLACE: 16}


def insertion() -> Insert:
    """To be executed with `rows`."""
    return insert(StanceRow)


def rows(article: StoredArticle) -> list[dict[str, Any]]:
    """What its annotation says of each country."""
    stored = article.annotation
    if stored is None:
        return []
    shared = {
        "annotation_id": UUID(stored.id),
        "article_id": UUID(stored.article_id),
        "standing": Standing.MODEL,
        "shown": True,
        "model": stored.annotation.model,
        **of_article(article),
    }
    least_salient_first = enumerate(reversed(stored.annotation.countries))
    return [{**shared, "rank": rank, **columns(judgement)} for rank, judgement in least_salient_first if judgement.probabilities]


def listed(wanted: Filter) -> Statement:
    article = (ArticleRow.publisher, ArticleRow.url, ArticleRow.published_day, ArticleRow.published_at, ArticleRow.created_at)
    return (
        select(*_LISTED, *article, RevisionRow.title)
        .join(ArticleRow, ArticleRow.id == StanceRow.article_id)
        .join(RevisionRow, articles.CURRENT)
        .where(*wanted_here(wanted), *conditions.of_article(wanted))
    )


def wanted_here(wanted: Filter) -> list[conditions.Condition]:
    """What a filter asks of the stance row itself."""
    return [*conditions.of_stance(wanted), *conditions.published(wanted, StanceRow.published_order)]


def of_article(article: StoredArticle) -> dict[str, Any]:
    """What a stance repeats of its article, so that one index can answer a question with several conditions."""
    order = publication.order(article.submission.published)
    return {
        "published_order": order,
        "day": publication.day(order),
        "month": publication.month(order),
        "publisher": article.submission.publisher,
        "language": article.read_language,
        "duplicate_group": article.duplicate_group and UUID(article.duplicate_group),
    }


def following(article: StoredArticle) -> Update:
    """After its article was changed."""
    return update(StanceRow).where(_of(UUID(article.id))).values(of_article(article))


def removal(article_id: UUID) -> Delete:
    """Those of an outdated text: its annotations stay readable, but no list finds them."""
    return delete(StanceRow).where(_of(article_id))


def read(row: Found) -> ListedStance:
    return ListedStance(
        annotation_id=str(row.annotation_id),
        article=ArticleReference(
            id=str(row.article_id),
            title=row.title,
            publisher=row.publisher,
            url=row.url,
            published=articles.publication_time(row.published_day, row.published_at),
        ),
        country=CountryCode(row.country),
        name=row.name,
        salience=row.salience,
        mention_count=row.mention_count,
        stance=row.stance,
        scores=Scores(favor=row.favor, neutral=row.neutral, against=row.against),
        model=row.model,
        created_at=row.created_at,
        evidence=judgements.load_evidence(row.evidence) if row.evidence else None,
    )


_LISTED = (
    StanceRow.annotation_id,
    StanceRow.article_id,
    StanceRow.country,
    StanceRow.name,
    StanceRow.salience,
    StanceRow.mention_count,
    StanceRow.stance,
    StanceRow.favor,
    StanceRow.neutral,
    StanceRow.against,
    StanceRow.model,
    StanceRow.evidence,
)


def _of(article_id: UUID) -> conditions.Condition:
    # Through the annotations, whose index also finds stances that are not shown.
    return StanceRow.annotation_id.in_(select(AnnotationRow.id).where(AnnotationRow.article_id == article_id))


def columns(judgement: Judgement) -> dict[str, Any]:
    """What one judgement of a country says."""
    probabilities = judgement.probabilities
    assert probabilities is not None, "a country that was found has probabilities"
    return {
        "country": judgement.country,
        "name": judgement.name,
        "stance": judgement.stance,
        "kinds": sum(KIND_BITS[kind] for kind in {mention.kind for mention in judgement.mentions} if kind is not None),
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


def _voice(voice: Voice, judgement: Judgement, heard: Probabilities | None) -> dict[str, Any]:
    return {
        f"{voice}_stance": judgement.stance_of(voice),
        f"{voice}_favor": heard and heard.favor,
        f"{voice}_neutral": heard and heard.neutral,
        f"{voice}_against": heard and heard.against,
    }
