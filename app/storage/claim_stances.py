"""Statements on what articles say of claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Row,
    Select,
    Subquery,
    Update,
    delete,
    exists,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased

from app.domain.claim_records import ClaimArticle, ClaimFilter, ListedClaimStance
from app.domain.claims import ClaimEvidence, ClaimProbabilities, ClaimStance, ClaimVerdict
from app.domain.records import Sort, StoredArticle
from app.domain.values import Field, Span
from app.storage import articles, batches, conditions, publication
from app.storage.among import among
from app.storage.claim_tables import ClaimStanceRow
from app.storage.keyset import Found, Keyset, OldestFirst, Statement
from app.storage.standing import Standing
from app.storage.tables import ArticleRow, RevisionRow, StanceRow

ORDERS: Mapping[Sort, Keyset] = {
    Sort.CREATED_AT: Keyset((ClaimStanceRow.article_id,)),
    Sort.PUBLISHED_AT: Keyset((ClaimStanceRow.published_order, ClaimStanceRow.article_id)),
}
IN_TIME = OldestFirst((ClaimStanceRow.published_order, ClaimStanceRow.article_id))

Rows = type[ClaimStanceRow]
"""The rows themselves, or an alias of them."""


def insertion() -> Insert:
    """To be executed with rows from `row`."""
    return insert(ClaimStanceRow)


def row(claim_id: UUID, article: Row[Any], said: ClaimVerdict, moment: datetime) -> dict[str, Any]:
    """`article` is one of `standing`."""
    return {
        "claim_id": claim_id,
        "article_id": article.id,
        "revision": article.revision,
        "judged_at": moment,
        "published_order": article.published_order,
        "day": publication.day(article.published_order),
        "publisher": article.publisher,
        "language": article.read_language,
        "duplicate_group": article.duplicate_group,
        "related": said.stance is not ClaimStance.UNRELATED,
        "stance": said.stance,
        "probability": said.probabilities.of(said.stance),
        **{stance.value: said.probabilities.of(stance) for stance in ClaimStance},
        "passages": said.passages,
        "model": said.model,
        "evidence": [_dump(each) for each in said.evidence],
    }


def standing(article_ids: Iterable[UUID]) -> Select[*tuple[Any, ...]]:
    """What `row` asks of each. Their texts stay as they are until the transaction ends; locked in the order in which all do."""
    chosen = select(*batches.LOCKED).where(among(ArticleRow.id, list(article_ids)))
    return chosen.order_by(ArticleRow.id).with_for_update(read=True)


def read_already(claim_id: UUID, article_ids: Sequence[UUID]) -> Select[UUID]:
    """Those of whose current text something is known."""
    known = select(ClaimStanceRow.article_id)
    return known.where(ClaimStanceRow.claim_id == claim_id, among(ClaimStanceRow.article_id, article_ids))


def of_articles(article_ids: Sequence[UUID]) -> Select[UUID, UUID]:
    """Claim and article."""
    return select(ClaimStanceRow.claim_id, ClaimStanceRow.article_id).where(among(ClaimStanceRow.article_id, article_ids))


def forgetting(pairs: Sequence[tuple[UUID, UUID]]) -> Delete:
    """What articles say of claims that do not ask them any more; by claim and article."""
    return delete(ClaimStanceRow).where(tuple_(ClaimStanceRow.claim_id, ClaimStanceRow.article_id).in_(pairs))


def removal(article_id: UUID, *, before: int | None = None) -> Delete:
    """Those of an outdated text; of revisions before that one, where it is given."""
    found = delete(ClaimStanceRow).where(ClaimStanceRow.article_id == article_id)
    return found if before is None else found.where(ClaimStanceRow.revision < before)


def following(article: StoredArticle) -> Update:
    """After its article was changed."""
    order = publication.order(article.submission.published)
    repeated = {
        "published_order": order,
        "day": publication.day(order),
        "publisher": article.submission.publisher,
        "language": article.read_language,
        "duplicate_group": article.duplicate_group and UUID(article.duplicate_group),
    }
    return update(ClaimStanceRow).where(ClaimStanceRow.article_id == UUID(article.id)).values(repeated)


def listed(claim_id: UUID, wanted: ClaimFilter) -> Statement:
    return _with_articles().where(*_everything(claim_id, wanted))


def over_time(claim_id: UUID, wanted: ClaimFilter) -> Select[int, ClaimStance, int]:
    """Days as `publication` numbers them, below zero for undated articles; stance, and how many."""
    day, stance = ClaimStanceRow.day, ClaimStanceRow.stance
    return select(day, stance, func.count()).where(*_everything(claim_id, wanted)).group_by(day, stance)


def reports(claim_id: UUID, wanted: ClaimFilter, *, dated: bool) -> Statement:
    """As `listed`; near-duplicates that say the same are folded into the one that was published first, with how many others."""
    folded = _folded(claim_id, wanted)
    mine = (folded.c.article_id == ClaimStanceRow.article_id) & (folded.c.place == 1)
    chosen = _with_articles().join(folded, mine).where(ClaimStanceRow.claim_id == claim_id)
    known = ClaimStanceRow.published_order > literal_column(str(publication.UNDATED))
    return chosen.where(known if dated else ~known).add_columns((folded.c.together - 1).label("copies"))


def of(rows: Statement, stance: ClaimStance) -> Statement:
    return rows.where(ClaimStanceRow.stance == stance)


def outlets(claim_id: UUID, wanted: ClaimFilter) -> Select[ClaimStance, str | None, int, int]:
    """Stance, publisher, the `published_order` of its first report, and how many it has; undated ones left out."""
    folded = _folded(claim_id, wanted)
    chosen = select(folded.c.stance, folded.c.publisher, func.min(folded.c.published_order), func.count())
    dated = chosen.where(folded.c.place == 1, folded.c.published_order > literal_column(str(publication.UNDATED)))
    return dated.group_by(folded.c.stance, folded.c.publisher)


def undated(claim_id: UUID, wanted: ClaimFilter) -> Select[int]:
    """How many `reports` are not dated."""
    folded = _folded(claim_id, wanted)
    known = folded.c.published_order > literal_column(str(publication.UNDATED))
    return select(func.count()).select_from(folded).where(folded.c.place == 1, ~known)


def read(row: Found) -> ListedClaimStance:
    """Of `listed` and `reports`."""
    return ListedClaimStance(
        article=ClaimArticle(
            id=str(row.article_id),
            title=row.title,
            publisher=row.publisher,
            url=row.url,
            published=articles.publication_time(row.published_day, row.published_at),
        ),
        revision=row.revision,
        stance=row.stance,
        probabilities=ClaimProbabilities(row.agree, row.disagree, row.discuss, row.unrelated),
        evidence=tuple(map(_load, row.evidence)),
        passages=row.passages,
        model=row.model,
        created_at=row.created_at,
    )


_LISTED = (
    ClaimStanceRow.article_id,
    ClaimStanceRow.revision,
    ClaimStanceRow.stance,
    ClaimStanceRow.agree,
    ClaimStanceRow.disagree,
    ClaimStanceRow.discuss,
    ClaimStanceRow.unrelated,
    ClaimStanceRow.evidence,
    ClaimStanceRow.passages,
    ClaimStanceRow.model,
    ArticleRow.publisher,
    ArticleRow.url,
    ArticleRow.published_day,
    ArticleRow.published_at,
    ArticleRow.created_at,
    RevisionRow.title,
)


def _with_articles() -> Statement:
    return (
        select(*_LISTED)
        .select_from(ClaimStanceRow)
        .join(ArticleRow, ArticleRow.id == ClaimStanceRow.article_id)
        .join(RevisionRow, articles.CURRENT)
    )


def _folded(claim_id: UUID, wanted: ClaimFilter) -> Subquery:
    """Each row with its place among the near-duplicates that say the same, by publication, and how many they are."""
    family = func.coalesce(ClaimStanceRow.duplicate_group, ClaimStanceRow.article_id)
    alike = (family, ClaimStanceRow.stance)
    # Undated ones stand behind: nobody knows that they were first.
    undated = ClaimStanceRow.published_order == literal_column(str(publication.UNDATED))
    in_time = (undated, ClaimStanceRow.published_order, ClaimStanceRow.article_id)
    return (
        select(
            ClaimStanceRow.article_id,
            ClaimStanceRow.stance,
            ClaimStanceRow.publisher,
            ClaimStanceRow.published_order,
            func.row_number().over(partition_by=alike, order_by=in_time).label("place"),
            func.count().over(partition_by=alike).label("together"),
        )
        .where(*_everything(claim_id, wanted))
        .subquery()
    )


def _everything(claim_id: UUID, wanted: ClaimFilter) -> list[ColumnElement[bool]]:
    found = list(_conditions(claim_id, wanted, ClaimStanceRow))
    return [*found, _eldest(claim_id, wanted)] if wanted.collapse else found


def _conditions(claim_id: UUID, wanted: ClaimFilter, said: Rows) -> Iterator[ColumnElement[bool]]:
    yield said.claim_id == claim_id
    if ClaimStance.UNRELATED not in wanted.stances:
        yield said.related == true()
    elif set(wanted.stances) == {ClaimStance.UNRELATED}:
        yield said.related == false()
    if wanted.stances:
        yield said.stance.in_(wanted.stances)
    if wanted.min_probability is not None:
        yield said.probability >= wanted.min_probability
    if wanted.article.countries:
        about = (StanceRow.article_id == said.article_id, StanceRow.country.in_(wanted.article.countries))
        counted = (StanceRow.shown == true(), StanceRow.standing < literal_column(str(int(Standing.OVERRULED))))
        yield exists().where(*about, *counted)
    about_article = conditions.About(said.article_id, said.published_order, said.publisher, said.language, said.day)
    yield from conditions.of_article(wanted.article, about_article)


def _eldest(claim_id: UUID, wanted: ClaimFilter) -> ColumnElement[bool]:
    """No older article of its group is what the filter asks for."""
    other = aliased(ClaimStanceRow)
    older = (other.duplicate_group == ClaimStanceRow.duplicate_group, other.article_id < ClaimStanceRow.article_id)
    return or_(ClaimStanceRow.duplicate_group.is_(None), ~exists().where(*older, *_conditions(claim_id, wanted, other)))


def _dump(evidence: ClaimEvidence) -> dict[str, Any]:
    return {
        "field": evidence.field.value,
        "span": [evidence.span.start, evidence.span.end],
        "quote": evidence.quote,
        "stance": evidence.stance.value,
        "probability": evidence.probability,
    }


def _load(value: dict[str, Any]) -> ClaimEvidence:
    return ClaimEvidence(
        field=Field(value["field"]),
        span=Span(*value["span"]),
        quote=value["quote"],
        stance=ClaimStance(value["stance"]),
        probability=value["probability"],
    )
