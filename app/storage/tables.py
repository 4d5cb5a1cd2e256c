"""The tables. An article has revisions (its texts), a revision has annotations (one a model version), and these have stances.

`annotation.judgements` holds all that the model said. `stance` holds what lists and counts ask for, one slim row a country, of
the current revision only. `shown` marks the annotation that default views take: docs/decisions/0002-shown-annotation.md.
`relation` holds the same of one country toward another. `standing` says whose word a row is and whether it counts:
docs/decisions/0007-the-humans-word.md and 0044. What stances and relations repeat of their article (dates, publisher, language,
group) is there so that one index can answer a question with several conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    Double,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.domain.keys import Scope
from app.domain.values import ArticleStatus, Stance
from app.storage.fulltext import Tails, Words
from app.storage.types import Digest, ExactText, Identifier, Instant


def words(kind: type[StrEnum]) -> Enum:
    return Enum(kind, native_enum=False, length=16, values_callable=lambda words: [word.value for word in words])


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it from the class)
        UUID: Identifier,
        datetime: Instant,
        date: Date,
        str: Text,
        bytes: Digest,
        float: Double,
        bool: Boolean,
        ArticleStatus: words(ArticleStatus),
        Stance: words(Stance),
        Scope: words(Scope),
        # JSONB would rewrite numbers (1e22 as an integer), so that the same article sent again would seem to differ.
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class ArticleRow(Base):
    __tablename__ = "article"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    identity: Mapped[bytes]
    revision: Mapped[int]
    status: Mapped[ArticleStatus]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_order: Mapped[int] = mapped_column(BigInteger)
    published_day: Mapped[date | None]
    published_at: Mapped[datetime | None]
    publisher: Mapped[str | None] = mapped_column(ExactText)
    external_id: Mapped[str | None]
    url: Mapped[str | None]
    language: Mapped[str | None]
    read_language: Mapped[str] = mapped_column(server_default="und")
    """The language without region, in lower case: as stated, else as the model that read the current text found it."""
    duplicate_group: Mapped[UUID | None]
    """The article whose near-duplicate this one is, or its own id when it has some; NULL as long as there are none."""
    details: Mapped[dict[str, Any]] = mapped_column("metadata")
    derived_at: Mapped[datetime | None]
    """`updated_at` as it was when the words, bands and stances were made. It differs where 0.1.0 wrote: `services.complete`."""

    __table_args__ = (
        # POST /v1/articles: is it stored already? Twenty at once make one row.
        UniqueConstraint("identity"),
        # GET /v1/articles?sort=published_at.
        Index(None, "published_order", "id"),
        # GET /v1/articles?publisher= and GET /v1/publishers.
        Index(None, "publisher", "id"),
        # GET /v1/articles?url= and /v1/stances?url=. A hash has no limit of length, and only equality is asked.
        Index(None, "url", postgresql_using="hash"),
        # GET /v1/articles?external_id= and /v1/stances?external_id=.
        Index(None, "external_id", postgresql_using="hash"),
        # GET /v1/articles?collapse=true: is there an older one of its group?
        Index(
            "ix_article_duplicate_group",
            "duplicate_group",
            "id",
            postgresql_where=text("duplicate_group IS NOT NULL"),
            sqlite_where=text("duplicate_group IS NOT NULL"),
        ),
        # `standpoint migrate`, and every hour: what did an older version write? Most often nothing.
        Index(
            "ix_article_outdated",
            "id",
            postgresql_where=text("derived_at IS DISTINCT FROM updated_at"),
            sqlite_where=text("derived_at IS NOT updated_at"),
        ),
    )


class RevisionRow(Base):
    __tablename__ = "revision"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]
    text_digest: Mapped[bytes]
    title: Mapped[str | None]
    body: Mapped[str]


class AnnotationRow(Base):
    __tablename__ = "annotation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    article_id: Mapped[UUID]
    revision: Mapped[int]
    shown: Mapped[bool]
    created_at: Mapped[datetime]
    model: Mapped[str] = mapped_column(ExactText)
    language: Mapped[str]
    characters: Mapped[int]
    encoded_characters: Mapped[int]
    passages: Mapped[int]
    judgements: Mapped[list[Any]]
    relations: Mapped[list[Any] | None]
    """NULL where the model knew of none. A column of its own, so that no older annotation has to be written anew."""

    __table_args__ = (
        ForeignKeyConstraint(["article_id", "revision"], ["revision.article_id", "revision.number"], ondelete="CASCADE"),
        # GET /v1/articles/{id}/annotations, and DELETE, which follows the foreign key. A model version speaks of a text once.
        UniqueConstraint("article_id", "revision", "model"),
        # GET /v1/models and GET /v1/articles?model=.
        Index(None, "model", "article_id"),
    )


_MONTH = ("country", "month", "model", "stance")
_PAIR = ("country", "beside", "stance")


class StanceRow(Base):
    __tablename__ = "stance"

    # The defaults of this table are for rows of 0.1.0, which may serve beside this version and does not name these columns.
    annotation_id: Mapped[UUID] = mapped_column(ForeignKey("annotation.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """How many countries of the annotation are less salient, so that the greatest rank of an article is its main country.

    Below zero for countries that the model did not find and a reviewer added."""
    standing: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, server_default="0")
    """`standing.Standing`: the model's word, a reviewer's, or the model's that a reviewer's overrules."""
    article_id: Mapped[UUID]
    published_order: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[int] = mapped_column(server_default="-1")
    """`publication.day`: days since year 1 began, -1 for undated ones."""
    month: Mapped[int] = mapped_column(server_default="-1")
    """`publication.month`: months since year 1 began, -1 for undated ones."""
    publisher: Mapped[str | None] = mapped_column(ExactText)
    language: Mapped[str] = mapped_column(ExactText, server_default="und")
    """`article.read_language`."""
    duplicate_group: Mapped[UUID | None]
    country: Mapped[str] = mapped_column(ExactText)
    stance: Mapped[Stance | None]
    shown: Mapped[bool]
    kinds: Mapped[int] = mapped_column(SmallInteger)
    """Which kinds of mention there are, one bit each; `stances.KIND_BITS`."""
    mention_count: Mapped[int]
    salience: Mapped[float]
    probability: Mapped[float | None]
    """The score of `stance`; NULL when undecided. The column has its first version's name: docs/decisions/0015."""
    favor: Mapped[float]
    neutral: Mapped[float]
    against: Mapped[float]
    author_stance: Mapped[Stance | None]
    author_favor: Mapped[float | None]
    """NULL, like the other two, where no mention is in the author's own voice."""
    author_neutral: Mapped[float | None]
    author_against: Mapped[float | None]
    attributed_stance: Mapped[Stance | None]
    attributed_favor: Mapped[float | None]
    """NULL, like the other two, where no mention reports another's voice."""
    attributed_neutral: Mapped[float | None]
    attributed_against: Mapped[float | None]
    name: Mapped[str]
    model: Mapped[str] = mapped_column(ExactText)
    evidence: Mapped[dict[str, Any] | None]


class RelationRow(Base):
    __tablename__ = "relation"

    annotation_id: Mapped[UUID] = mapped_column(ForeignKey("annotation.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """How many relations of the annotation are less probable."""
    standing: Mapped[int] = mapped_column(SmallInteger)
    """`standing.Standing`: the model's word, or one that counts no more because a reviewer took one of the countries away."""
    article_id: Mapped[UUID]
    published_order: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[int]
    """`publication.day`, like `month`: -1 for undated ones."""
    month: Mapped[int]
    publisher: Mapped[str | None] = mapped_column(ExactText)
    language: Mapped[str] = mapped_column(ExactText)
    duplicate_group: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(ExactText)
    target: Mapped[str] = mapped_column(ExactText)
    stance: Mapped[Stance]
    shown: Mapped[bool]
    probability: Mapped[float]
    model: Mapped[str] = mapped_column(ExactText)
    evidence: Mapped[dict[str, Any]]


SAID: tuple[type[StanceRow] | type[RelationRow], ...] = (StanceRow, RelationRow)
"""Tables that hold what annotations say in slim rows. Whatever changes what these repeat is done to each of them."""


class MonthRow(Base):
    """Stances toward a country in one month, as default views count them. Triggers on `stance` keep it, whoever writes there.

    On SQLite one row for each country, month, model version and stance. On PostgreSQL several, of which the sum counts, also
    below zero, so that writers do not wait for each other; `services.condense` adds them up:
    docs/decisions/0039-counts-of-months.md.
    """

    __tablename__ = "stance_month"

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)
    country: Mapped[str] = mapped_column(ExactText)
    month: Mapped[int]
    model: Mapped[str] = mapped_column(ExactText)
    stance: Mapped[str] = mapped_column(ExactText)
    """`undecided` stands for NULL, of which a unique index would hold many."""
    articles: Mapped[int]

    __table_args__ = (
        # GET /v1/stances/summary and /series by month, GET /v1/countries, and on SQLite the triggers.
        Index("uq_stance_month", *_MONTH, unique=True, info={"only": "sqlite"}).ddl_if(dialect="sqlite"),
        Index("ix_stance_month", *_MONTH, postgresql_include=["articles"], info={"only": "postgresql"}).ddl_if(
            dialect="postgresql"
        ),
    )


class PairRow(Base):
    """Articles with stances toward two countries, as default views count them. Of a pair only once: `country` < `beside`.

    Kept and added up as MonthRow is: docs/decisions/0025-counts-of-pairs.md.
    """

    __tablename__ = "stance_pair"

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)
    country: Mapped[str] = mapped_column(ExactText)
    beside: Mapped[str] = mapped_column(ExactText)
    stance: Mapped[str] = mapped_column(ExactText)
    """Toward `country`; `undecided` stands for NULL."""
    favor: Mapped[int]
    """Toward `beside`, as the other three: how many articles there are of each."""
    neutral: Mapped[int]
    against: Mapped[int]
    undecided: Mapped[int]

    __table_args__ = (
        # GET /v1/countries/{code}/related, for those after it in the alphabet, and on SQLite the triggers.
        Index("uq_stance_pair", *_PAIR, unique=True, info={"only": "sqlite"}).ddl_if(dialect="sqlite"),
        Index(
            "ix_stance_pair",
            *_PAIR,
            postgresql_include=["favor", "neutral", "against", "undecided"],
            info={"only": "postgresql"},
        ).ddl_if(dialect="postgresql"),
        # The same, for those before it.
        Index("ix_stance_pair_beside", "beside", "country"),
    )


class KeyRow(Base):
    """Few, and read all at once; none is ever deleted."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(ExactText, primary_key=True)
    name: Mapped[str]
    scope: Mapped[Scope]
    salt: Mapped[bytes]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class SearchableRow(Base):
    """The words of the current text of an article. On SQLite an FTS5 table, `searchable_words`, follows it by triggers."""

    __tablename__ = "searchable"

    # FTS5 knows rows by a whole number, and only a declared one survives VACUUM.
    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"))
    words: Mapped[Sequence[str]] = mapped_column(Words)
    tails: Mapped[Sequence[str] | None] = mapped_column(Tails)
    """PostgreSQL keeps 256 positions of a word; the rest of a longer text stands here, for phrases. NULL for most."""

    __table_args__ = (
        # DELETE, PUT of a text, and `q` for words so common that articles are looked up one by one.
        UniqueConstraint("article_id"),
        # The same, on SQLite: which articles are those that the full-text index knows by number? Their rows hold all their words.
        Index("ix_searchable_number", "number", "article_id", info={"only": "sqlite"}).ddl_if(dialect="sqlite"),
        # GET /v1/articles?q= and /v1/stances?q=.
        Index("ix_searchable_words", "words", postgresql_using="gin", info={"only": "postgresql"}).ddl_if(dialect="postgresql"),
    )


class BandRow(Base):
    """Near-duplicates are sought among articles that share a band: docs/decisions/0008-near-duplicates.md."""

    __tablename__ = "duplicate_band"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)

    __table_args__ = (
        # POST /v1/articles: which articles share a band with this one?
        Index(None, "band", "article_id"),
        {"sqlite_with_rowid": False},
    )


class VectorsRow(Base):
    """What the passages of an article are about, so short that a new claim is compared with those of all articles.

    Of the current text, one row a model version: who goes back to an earlier version finds its vectors again.
    """

    __tablename__ = "article_vectors"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(ExactText, primary_key=True)
    revision: Mapped[int]
    vectors: Mapped[bytes] = mapped_column(LargeBinary)
    """`Annotation.vectors`."""


class UncomparedRow(Base):
    """An article that is still to be compared with the claims: docs/decisions/0042-compared-after-the-commit.md.

    It may be there more than once.
    """

    __tablename__ = "uncompared_article"

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"))
    model: Mapped[str] = mapped_column(ExactText)
    """Whose vectors are to be compared: beside another version, each looks at what it can compare."""

    __table_args__ = (
        # Every second: who waits longest? Most often nobody.
        Index(None, "model", "number"),
        # DELETE, which follows the foreign key.
        Index(None, "article_id"),
    )


class CorrectionRow(Base):
    """What a reviewer said of an article and a country. Nothing but the revocation is ever changed."""

    __tablename__ = "correction"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"))
    revision: Mapped[int]
    """The text that the reviewer saw."""
    country: Mapped[str] = mapped_column(ExactText)
    name: Mapped[str]
    present: Mapped[bool]
    stance: Mapped[Stance | None]
    reason: Mapped[str | None]
    reviewer: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]

    __table_args__ = (
        # What holds of an article: the latest of each country. GET /v1/articles/{id}/corrections, DELETE.
        Index(None, "article_id", "id"),
    )


def _of_shown(name: str, *columns: Any, unique: bool = False) -> None:
    # SQLite uses such an index only where a query says the same words; SQLAlchemy writes a bare boolean as `= 1` for it.
    Index(name, *columns, unique=unique, postgresql_where=text("shown"), sqlite_where=text("shown = 1"))


# GET /v1/articles/{id}. Unique: an article never shows two annotations.
_of_shown("uq_annotation_shown", AnnotationRow.article_id, unique=True)
# The start with another active version: what has it said that is not shown? Most often nothing.
Index(
    "ix_annotation_hidden",
    AnnotationRow.model,
    AnnotationRow.article_id,
    postgresql_where=text("NOT shown"),
    sqlite_where=text("shown = 0"),
)
# GET /v1/stances without a country, and GET /v1/articles with conditions on stances.
_of_shown("ix_stance_shown", StanceRow.article_id, StanceRow.rank)
# GET /v1/stances?country=, and the name of each country in GET /v1/countries.
_of_shown("ix_stance_country", StanceRow.country, StanceRow.article_id, StanceRow.rank)
# GET /v1/stances?country=&sort=published_at, and published_from/to with a country.
_of_shown("ix_stance_country_published", StanceRow.country, StanceRow.published_order, StanceRow.article_id, StanceRow.rank)
# GET /v1/stances?country=&published_from=&published_to= within a few months, the newest stored first: each month has its rows in
# that order, where those of a range of publication would all be looked up and sorted: docs/decisions/0027-lists-of-a-month.md.
_of_shown("ix_stance_country_month", StanceRow.country, StanceRow.month, StanceRow.article_id, StanceRow.rank)
# GET /v1/stances?sort=published_at, and published_from/to without a country.
_of_shown("ix_stance_published", StanceRow.published_order, StanceRow.article_id, StanceRow.rank)
# GET /v1/stances?publisher=, and with a country that few articles are about.
_of_shown("ix_stance_publisher", StanceRow.publisher, StanceRow.article_id, StanceRow.rank)
# GET /v1/stances/summary and /series, and GET /v1/countries: it holds all they ask, and PostgreSQL folds its equal entries.
# The first three columns are what most summaries group by, so that nothing is sorted or hashed. `shown` is the same in all its
# rows, but SQLite 3.40 would look into the table for it: docs/decisions/0029-sums-without-a-rollup.md.
_of_shown(
    "ix_stance_counts",
    StanceRow.country,
    StanceRow.month,
    StanceRow.model,
    StanceRow.day,
    StanceRow.stance,
    StanceRow.standing,
    StanceRow.shown,
)
# GET /v1/stances?model=, which looks past `shown`.
Index("ix_stance_model", StanceRow.model, StanceRow.article_id, StanceRow.rank)
# GET /v1/stances?model=&country=, and what two model versions say of a country.
Index("ix_stance_model_country", StanceRow.model, StanceRow.country, StanceRow.article_id, StanceRow.rank)
# GET /v1/stances?judged_by=human. They are few.
Index(
    "ix_stance_human",
    StanceRow.article_id,
    StanceRow.rank,
    postgresql_where=text("standing = 1"),
    sqlite_where=text("standing = 1"),
)
# GET /v1/stances?collapse=true: is there the same country in an older article of the group?
Index(
    "ix_stance_duplicate_group",
    StanceRow.duplicate_group,
    StanceRow.country,
    StanceRow.article_id,
    postgresql_where=text("duplicate_group IS NOT NULL"),
    sqlite_where=text("duplicate_group IS NOT NULL"),
)

# GET /v1/relations without a country.
_of_shown("ix_relation_shown", RelationRow.article_id, RelationRow.rank)
# GET /v1/relations?sort=published_at, and published_from/to without a country.
_of_shown("ix_relation_published", RelationRow.published_order, RelationRow.article_id, RelationRow.rank)
# GET /v1/relations?from=, and by publication.
_of_shown("ix_relation_source", RelationRow.source, RelationRow.article_id, RelationRow.rank)
_of_shown(
    "ix_relation_source_published", RelationRow.source, RelationRow.published_order, RelationRow.article_id, RelationRow.rank
)
# GET /v1/relations?to=, and by publication.
_of_shown("ix_relation_target", RelationRow.target, RelationRow.article_id, RelationRow.rank)
_of_shown(
    "ix_relation_target_published", RelationRow.target, RelationRow.published_order, RelationRow.article_id, RelationRow.rank
)
# GET /v1/relations?from=&to=, and by publication: what two seldom say of each other stands far apart in what one says of all.
_of_shown("ix_relation_pair", RelationRow.source, RelationRow.target, RelationRow.article_id, RelationRow.rank)
_of_shown(
    "ix_relation_pair_published",
    RelationRow.source,
    RelationRow.target,
    RelationRow.published_order,
    RelationRow.article_id,
    RelationRow.rank,
)
# GET /v1/relations?publisher=.
_of_shown("ix_relation_publisher", RelationRow.publisher, RelationRow.article_id, RelationRow.rank)
# GET /v1/relations/matrix: it holds all that is asked, as `ix_stance_counts` does, and begins with what is grouped by.
_of_shown(
    "ix_relation_counts",
    RelationRow.source,
    RelationRow.target,
    RelationRow.model,
    RelationRow.month,
    RelationRow.day,
    RelationRow.stance,
    RelationRow.standing,
    RelationRow.shown,
)
# GET /v1/relations?model=, which looks past `shown`.
Index("ix_relation_model", RelationRow.model, RelationRow.article_id, RelationRow.rank)
# GET /v1/relations?model=&from=&to=.
Index(
    "ix_relation_model_pair",
    RelationRow.model,
    RelationRow.source,
    RelationRow.target,
    RelationRow.article_id,
    RelationRow.rank,
)
# GET /v1/relations?collapse=true: is there the same pair in an older article of the group?
Index(
    "ix_relation_duplicate_group",
    RelationRow.duplicate_group,
    RelationRow.source,
    RelationRow.target,
    RelationRow.article_id,
    postgresql_where=text("duplicate_group IS NOT NULL"),
    sqlite_where=text("duplicate_group IS NOT NULL"),
)
