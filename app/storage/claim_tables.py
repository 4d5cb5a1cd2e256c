"""The tables of claims. What a stance toward a claim repeats of its article is there for the reason that `stance` has it for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.claims import ClaimStance
from app.storage.job_tables import JobRow
from app.storage.tables import Base, words
from app.storage.types import ExactText

__all__ = ["Base", "ClaimRow", "ClaimStanceRow", "ClaimVersionRow"]

VECTOR_BYTES = 64


class ClaimRow(Base):
    __tablename__ = "claim"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    """Of text and filter."""
    text: Mapped[str]
    wanted: Mapped[dict[str, Any]]
    """The filter, as `filters` writes it."""
    created_at: Mapped[datetime]
    model: Mapped[str] = mapped_column(ExactText)
    vector: Mapped[bytes] = mapped_column(LargeBinary(VECTOR_BYTES))
    vectors_of: Mapped[str] = mapped_column(ExactText)
    job_id: Mapped[UUID] = mapped_column(ForeignKey(JobRow.id, ondelete="CASCADE"))
    considered: Mapped[int]
    held_off: Mapped[int]
    not_compared: Mapped[int]

    __table_args__ = (
        # POST /v1/claims: is it there already? Two at once make one claim.
        UniqueConstraint("digest"),
        # A chunk knows its job, and the job is of one claim. DELETE, which follows the foreign key.
        UniqueConstraint("job_id"),
    )


class ClaimVersionRow(Base):
    """One row, whose number grows with every change of the claims: who remembers them sees that something is new."""

    __tablename__ = "claim_version"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)


class ClaimStanceRow(Base):
    """What the model that reads found of the current text of an article: docs/decisions/0043-unrelated-once-read.md."""

    __tablename__ = "claim_stance"

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int]
    judged_at: Mapped[datetime]
    published_order: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[int]
    """`publication.day`: days since year 1 began, -1 for undated ones."""
    publisher: Mapped[str | None] = mapped_column(ExactText)
    language: Mapped[str] = mapped_column(ExactText)
    duplicate_group: Mapped[UUID | None]
    related: Mapped[bool]
    """Whether `stance` is any but `unrelated`; most are not, and no index of the lists holds those."""
    stance: Mapped[ClaimStance] = mapped_column(words(ClaimStance))
    probability: Mapped[float]
    """Of `stance`."""
    agree: Mapped[float]
    disagree: Mapped[float]
    discuss: Mapped[float]
    unrelated: Mapped[float]
    passages: Mapped[int] = mapped_column(SmallInteger)
    model: Mapped[str] = mapped_column(ExactText)
    evidence: Mapped[list[Any]]

    __table_args__ = (
        # DELETE of an article, which follows the foreign key; PUT of a text, PATCH.
        Index(None, "article_id"),
        # How many say what, and when: GET /v1/claims, /series. It holds all they ask.
        Index("ix_claim_stance_counts", "claim_id", "stance", "day"),
        # `collapse` and /spread: is there an older one of its group?
        Index(
            "ix_claim_stance_duplicate_group",
            *("duplicate_group", "claim_id", "article_id"),
            postgresql_where=text("duplicate_group IS NOT NULL"),
            sqlite_where=text("duplicate_group IS NOT NULL"),
        ),
    )


def _of_related(name: str, *columns: Any) -> None:
    # SQLite uses such an index only where a query says the same words; SQLAlchemy writes a bare boolean as `= 1` for it.
    Index(name, *columns, postgresql_where=text("related"), sqlite_where=text("related = 1"))


# GET /v1/claims/{id}/stances.
_of_related("ix_claim_stance_listed", ClaimStanceRow.claim_id, ClaimStanceRow.article_id)
# GET /v1/claims/{id}/stances?sort=published_at, ranges of publication, /spread.
_of_related("ix_claim_stance_published", ClaimStanceRow.claim_id, ClaimStanceRow.published_order, ClaimStanceRow.article_id)
# GET /v1/claims/{id}/stances?publisher=.
_of_related("ix_claim_stance_publisher", ClaimStanceRow.claim_id, ClaimStanceRow.publisher, ClaimStanceRow.article_id)
