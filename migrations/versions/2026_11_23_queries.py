"""Voices, standing, full text, near-duplicates and corrections. Stances are made anew from the annotations.

Tables are written out here and never change. What is derived from texts and annotations comes from the program, because an index
of words has to divide them as the program does that will ask it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.domain.values import ArticleText, Judgement
from app.storage import publication, stances, texts
from app.storage.fulltext import Tails, Words
from app.storage.judgements import load

revision = "20261123"
down_revision = "20261122"
branch_labels = None
depends_on = None

IDENTIFIER = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
INSTANT = sa.DateTime(timezone=True)
EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
AT_ONCE = 500
MOST_PROPOSED = 64


def upgrade() -> None:
    _extend_article()
    op.drop_table("stance")
    _create_stance()
    _create_searchable()
    _create_band()
    _create_correction()
    _fill()
    _index_stance()


def downgrade() -> None:
    if _on_sqlite():
        op.execute("DROP TABLE searchable_words")
    for table in ("correction", "duplicate_band", "searchable", "stance"):
        op.drop_table(table)
    for index in ("ix_article_outdated", "ix_article_duplicate_group"):
        op.drop_index(index, "article")
    # SQLite drops a column in place, where a copy of the table would have to bring back every index.
    for column in ("derived_at", "duplicate_group", "read_language"):
        op.execute(f"ALTER TABLE article DROP COLUMN {column}")
    _create_first_stance()
    _fill_first_stance()
    _index_first_stance()


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _extend_article() -> None:
    op.add_column("article", sa.Column("read_language", sa.Text, nullable=False, server_default="und"))
    op.add_column("article", sa.Column("duplicate_group", IDENTIFIER))
    op.add_column("article", sa.Column("derived_at", INSTANT))
    _where("ix_article_duplicate_group", "article", ["duplicate_group", "id"], "duplicate_group IS NOT NULL")
    _where("ix_article_outdated", "article", ["id"], "derived_at IS DISTINCT FROM updated_at", "derived_at IS NOT updated_at")


def _create_stance() -> None:
    """The defaults are for rows of the version before, which goes on serving until it is replaced."""
    op.create_table(
        "stance",
        sa.Column("annotation_id", IDENTIFIER, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("standing", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("published_order", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False, server_default="-1"),
        sa.Column("month", sa.Integer, nullable=False, server_default="-1"),
        sa.Column("publisher", EXACT_TEXT),
        sa.Column("language", EXACT_TEXT, nullable=False, server_default="und"),
        sa.Column("duplicate_group", IDENTIFIER),
        sa.Column("country", EXACT_TEXT, nullable=False),
        sa.Column("stance", sa.String(16)),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("kinds", sa.SmallInteger, nullable=False),
        sa.Column("mention_count", sa.Integer, nullable=False),
        sa.Column("salience", sa.Double, nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("favor", sa.Double, nullable=False),
        sa.Column("neutral", sa.Double, nullable=False),
        sa.Column("against", sa.Double, nullable=False),
        *_of_voice("author"),
        *_of_voice("attributed"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("annotation_id", "rank", "standing", name="pk_stance"),
        sa.ForeignKeyConstraint(["annotation_id"], ["annotation.id"], name="fk_stance_annotation_id", ondelete="CASCADE"),
    )


def _of_voice(voice: str) -> list[sa.Column[Any]]:
    probabilities = [sa.Column(f"{voice}_{stance}", sa.Double) for stance in ("favor", "neutral", "against")]
    return [sa.Column(f"{voice}_stance", sa.String(16)), *probabilities]


def _create_searchable() -> None:
    vectors = sa.Text().with_variant(TSVECTOR(), "postgresql")
    op.create_table(
        "searchable",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), nullable=False),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("words", vectors, nullable=False),
        sa.Column("tails", sa.Text().with_variant(sa.ARRAY(TSVECTOR()), "postgresql")),
        sa.PrimaryKeyConstraint("number", name="pk_searchable"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_searchable_article_id", ondelete="CASCADE"),
        sa.UniqueConstraint("article_id", name="uq_searchable_article_id"),
    )
    if not _on_sqlite():
        return
    # Words come divided and folded; this tokenizer takes everything but ASCII punctuation and spaces for part of a word.
    op.execute(
        "CREATE VIRTUAL TABLE searchable_words USING fts5(words, content='searchable', content_rowid='number', tokenize='ascii')"
    )
    remove = "INSERT INTO searchable_words (searchable_words, rowid, words) VALUES ('delete', OLD.number, OLD.words);"
    add = "INSERT INTO searchable_words (rowid, words) VALUES (NEW.number, NEW.words);"
    for name, event, steps in (("added", "INSERT", add), ("removed", "DELETE", remove), ("changed", "UPDATE", remove + add)):
        op.execute(f"CREATE TRIGGER searchable_{name} AFTER {event} ON searchable BEGIN {steps} END")


def _create_band() -> None:
    op.create_table(
        "duplicate_band",
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("band", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("article_id", "band", name="pk_duplicate_band"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_duplicate_band_article_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


def _create_correction() -> None:
    op.create_table(
        "correction",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("country", EXACT_TEXT, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("stance", sa.String(16)),
        sa.Column("reason", sa.Text),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoked_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_correction_article_id", ondelete="CASCADE"),
    )
    op.create_index("ix_correction_article_id_id", "correction", ["article_id", "id"])


def _index_stance() -> None:
    """After the rows, which is faster."""
    _index_first_stance()
    _where("ix_stance_publisher", "stance", ["publisher", "article_id", "rank"], *SHOWN)
    _where("ix_stance_counts", "stance", ["country", "month", "day", "stance", "standing", "model"], *SHOWN)
    op.create_index("ix_stance_model_country", "stance", ["model", "country", "article_id", "rank"])
    _where("ix_stance_human", "stance", ["article_id", "rank"], "standing = 1")
    _where("ix_stance_duplicate_group", "stance", ["duplicate_group", "country", "article_id"], "duplicate_group IS NOT NULL")
    op.create_index("ix_duplicate_band_band_article_id", "duplicate_band", ["band", "article_id"])
    if not _on_sqlite():
        op.create_index("ix_searchable_words", "searchable", ["words"], postgresql_using="gin")


SHOWN = ("shown", "shown = 1")


def _where(name: str, table: str, columns: list[str], condition: str, on_sqlite: str | None = None) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(condition), sqlite_where=sa.text(on_sqlite or condition))


def _fill() -> None:
    """What this version derives, of every article that an older one stored. Each joins the near-duplicates before it."""
    last = b"" if _on_sqlite() else UUID(int=0)
    while found := op.get_bind().execute(_current().where(_article.c.id > last)).all():
        for row in found:
            _derive(row)
        last = found[-1].id


def _current() -> sa.Select[Any]:
    text = sa.and_(_revision.c.article_id == _article.c.id, _revision.c.number == _article.c.revision)
    shown = sa.and_(_annotation.c.article_id == _article.c.id, _annotation.c.shown)
    found = _annotation.c.language.label("found")
    joined = _article.join(_revision, text).outerjoin(_annotation, shown)
    return (
        sa.select(_article, _revision.c.title, _revision.c.body, found).select_from(joined).order_by(_article.c.id).limit(AT_ONCE)
    )


def _derive(article: Any) -> None:
    connection = op.get_bind()
    traits = texts.traits(ArticleText(body=article.body, title=article.title))
    of_article = {
        "published_order": article.published_order,
        "day": publication.day(article.published_order),
        "month": publication.month(article.published_order),
        "publisher": article.publisher,
        "language": (article.language or article.found or "und").split("-")[0].lower(),
        "duplicate_group": _group(article.id, traits),
    }
    known = {"read_language": of_article["language"], "duplicate_group": of_article["duplicate_group"]}
    whole = _article.update().where(_article.c.id == article.id).values(**known, derived_at=_article.c.updated_at)
    connection.execute(whole)
    connection.execute(_searchable.insert().values(article_id=article.id, words=traits.words, tails=traits.words))
    if traits.bands:
        connection.execute(_band.insert(), [{"article_id": article.id, "band": band} for band in traits.bands])
    rows = [{**of_article, **row} for row in _said(article)]
    if rows:
        connection.execute(_stance.insert(), rows)


def _said(article: Any) -> Iterator[dict[str, Any]]:
    said = sa.select(_annotation).where(_annotation.c.article_id == article.id, _annotation.c.revision == article.revision)
    for annotation in op.get_bind().execute(said):
        countries = [judged for judged in load(annotation.judgements) if judged.country is not None]
        for rank, judged in enumerate(reversed(countries)):
            shared = {"annotation_id": annotation.id, "rank": rank, "standing": 0, "article_id": article.id}
            yield {**shared, "shown": annotation.shown, "model": annotation.model, **_columns(judged)}


def _columns(judged: Judgement) -> dict[str, Any]:
    return {name: value for name, value in stances.columns(judged).items() if name in _stance.c}


def _group(article_id: Any, traits: texts.Traits) -> Any:
    """The group of the most similar of the articles before, which has one from now on."""
    if not traits.bands:
        return None
    proposed = sa.select(_band.c.article_id).where(_band.c.band.in_(traits.bands)).distinct().order_by(_band.c.article_id)
    rows = {row.id: row for row in op.get_bind().execute(_bodies(proposed.limit(MOST_PROPOSED)))}
    found = texts.most_like(traits, ((row.id, texts.sequences_of(row.body)) for row in rows.values()))
    if found is None:
        return None
    best = rows[found]
    group = best.duplicate_group or best.id
    for table, column in ((_article, _article.c.id), (_stance, _stance.c.article_id)):
        op.get_bind().execute(table.update().where(column == best.id).values(duplicate_group=group))
    return group


def _bodies(identifiers: sa.Select[Any]) -> sa.Select[Any]:
    joined = _article.join(_revision, sa.and_(_revision.c.article_id == _article.c.id, _revision.c.number == _article.c.revision))
    chosen = sa.select(_article.c.id, _article.c.duplicate_group, _revision.c.body).select_from(joined)
    return chosen.where(_article.c.id.in_(identifiers)).order_by(_article.c.id)


def _fill_first_stance() -> None:
    joined = _article.join(
        _annotation, sa.and_(_annotation.c.article_id == _article.c.id, _annotation.c.revision == _article.c.revision)
    )
    found = sa.select(_article.c.published_order, _annotation).select_from(joined)
    for annotation in op.get_bind().execute(found).all():
        rows = list(_first_rows(annotation))
        if rows:
            op.get_bind().execute(_first_stance.insert(), rows)


def _first_rows(annotation: Any) -> Iterator[dict[str, Any]]:
    shared = {"annotation_id": annotation.id, "article_id": annotation.article_id, "published_order": annotation.published_order}
    countries = [judged for judged in load(annotation.judgements) if judged.country is not None]
    for rank, judged in enumerate(reversed(countries)):
        row = {**shared, "rank": rank, "shown": annotation.shown, "model": annotation.model, **stances.columns(judged)}
        yield {name: value for name, value in row.items() if name in _first_stance.c}


def _create_first_stance() -> None:
    op.create_table(
        "stance",
        sa.Column("annotation_id", IDENTIFIER, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("published_order", sa.BigInteger, nullable=False),
        sa.Column("country", EXACT_TEXT, nullable=False),
        sa.Column("stance", sa.String(16)),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("kinds", sa.SmallInteger, nullable=False),
        sa.Column("mention_count", sa.Integer, nullable=False),
        sa.Column("salience", sa.Double, nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("favor", sa.Double, nullable=False),
        sa.Column("neutral", sa.Double, nullable=False),
        sa.Column("against", sa.Double, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("annotation_id", "rank", name="pk_stance"),
        sa.ForeignKeyConstraint(["annotation_id"], ["annotation.id"], name="fk_stance_annotation_id", ondelete="CASCADE"),
    )


def _index_first_stance() -> None:
    _where("ix_stance_shown", "stance", ["article_id", "rank"], *SHOWN)
    _where("ix_stance_country", "stance", ["country", "article_id", "rank"], *SHOWN)
    _where("ix_stance_country_published", "stance", ["country", "published_order", "article_id", "rank"], *SHOWN)
    _where("ix_stance_published", "stance", ["published_order", "article_id", "rank"], *SHOWN)
    op.create_index("ix_stance_model", "stance", ["model", "article_id", "rank"])


def _table(name: str, *columns: str | sa.ColumnClause[Any]) -> sa.TableClause:
    return sa.table(name, *(sa.column(each) if isinstance(each, str) else each for each in columns))


def _copy(column: sa.ColumnClause[Any]) -> sa.ColumnClause[Any]:
    return sa.column(column.name, column.type)


_EVIDENCE = sa.column("evidence", sa.JSON(none_as_null=True))
_SAID = sa.column("judgements", sa.JSON(none_as_null=True))
_MARK = sa.column("shown", sa.Boolean)
_article = _table(
    *("article", "id", "revision", "published_order", "publisher", "language", "read_language", "duplicate_group"),
    *("updated_at", "derived_at"),
)
_revision = _table("revision", "article_id", "number", "title", "body")
_annotation = _table("annotation", "id", "article_id", "revision", "model", "language", _copy(_MARK), _SAID)
_searchable = _table("searchable", "article_id", sa.column("words", Words()), sa.column("tails", Tails()))
_band = _table("duplicate_band", "article_id", "band")
_FIRST = (
    *("annotation_id", "rank", "article_id", "published_order", "country", "stance", "kinds", "mention_count"),
    *("salience", "probability", "favor", "neutral", "against", "name", "model"),
)
_VOICES = tuple(f"{voice}_{what}" for voice in ("author", "attributed") for what in ("stance", "favor", "neutral", "against"))
_OF_ARTICLE = ("day", "month", "publisher", "language", "duplicate_group")
_first_stance = _table("stance", *_FIRST, _copy(_MARK), _copy(_EVIDENCE))
_stance = _table("stance", *_FIRST, "standing", *_OF_ARTICLE, *_VOICES, _copy(_MARK), _copy(_EVIDENCE))
