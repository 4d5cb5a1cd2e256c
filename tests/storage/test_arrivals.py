"""Rows that are made many at once, before a transaction, are those that are made one by one."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Json
from sqlalchemy import Dialect, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from app.domain.records import StoredArticle, Submission
from app.domain.values import ArticleStatus, ArticleText, PublicationTime
from app.storage import arrivals, articles, batches, bulk, ids, sharing
from app.storage.among import among
from app.storage.arrivals import Arrival
from app.storage.database import Store
from app.storage.fulltext import head
from app.storage.tables import ArticleRow, BandRow, RevisionRow
from tests.samples import submission

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
optional = st.none() | texts
moments = st.datetimes(timezones=st.just(UTC))
submissions = st.builds(
    Submission,
    text=st.builds(ArticleText, body=texts, title=optional),
    external_id=optional,
    url=optional,
    publisher=optional,
    published=st.none()
    | st.dates().map(lambda day: PublicationTime(day=day, instant=None))
    | moments.map(lambda moment: PublicationTime(day=moment.date(), instant=moment)),
    language=st.none() | st.sampled_from(["en", "de-CH", "EN"]),
    metadata=st.dictionaries(texts, st.integers() | texts, max_size=2),
)


def stored(found: Arrival) -> StoredArticle:
    moment = ids.moment(found.id)
    return StoredArticle(str(found.id), moment, moment, 1, ArticleStatus.PENDING, found.submission, None)


def by_row(columns: Any) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def plain(value: Any) -> Any:
    """psycopg's JSON values know no equality."""
    return value.obj if isinstance(value, Json) else value


@given(st.lists(submissions, min_size=1, max_size=5))
def test_columns_of_many_articles_are_the_rows_of_each(contents: list[Submission]) -> None:
    found = arrivals.arriving(contents)
    assert by_row(arrivals.columns(found)) == [articles.row(stored(each)) for each in found]
    assert by_row(arrivals.columns_of_texts(found)) == [articles.row_of_text(stored(each)) for each in found]


@pytest.mark.parametrize("dialect", [sqlite.dialect(), psycopg.dialect()], ids=lambda dialect: dialect.name)
@given(contents=st.lists(submissions, min_size=1, max_size=5))
def test_values_are_bound_as_the_types_of_their_columns_bind_them(dialect: Dialect, contents: list[Submission]) -> None:
    columns = arrivals.columns(arrivals.arriving(contents))
    made = by_row(dict(zip(columns, zip(*bulk.prepared(ArticleRow, columns, dialect).rows, strict=True), strict=True)))
    for row, bound in zip(by_row(columns), made, strict=True):
        for name, value in row.items():
            bind = ArticleRow.__mapper__.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            expected = value if bind is None else bind(value)
            if isinstance(value, bytes):
                expected = value
            assert plain(UUID(bound[name]) if isinstance(expected, UUID) else bound[name]) == plain(expected)


@given(st.lists(st.sampled_from(["a", "b", "c", "\ue000"]), max_size=246))
def test_the_words_of_a_short_text_stand_in_its_vector_with_their_places(words: list[str]) -> None:
    expected = [f"{word}:{place}" for place, word in enumerate(words, start=1) if word != "\ue000"]
    assert head(words) == " ".join(expected)


def test_values_of_a_list_are_found_whatever_their_type(store: Store) -> None:
    found = arrivals.arriving([submission(f"France praised Kenya {number}.") for number in range(3)])
    with store.transaction() as session:
        arrivals.Arrivals.of(found, store).store(session, {found[1].identity})
        session.add(BandRow(article_id=found[0].id, band=-(2**63)))
    with store.reading() as session:
        ordered = sorted((found[0], found[2]), key=lambda each: each.id)
        assert [row.id for row in session.execute(batches.locked([each.id for each in found]))] == [each.id for each in ordered]
        known = {article.identity for article, _ in session.execute(batches.stored([each.identity for each in found]))}
        assert known == {found[0].identity, found[2].identity}
        assert session.execute(sharing.sharing([-(2**63), 7])).all() == [(-(2**63), found[0].id)]
        assert session.scalars(select(RevisionRow.number).where(among(RevisionRow.article_id, []))).all() == []


def test_a_list_of_ids_is_looked_up_and_not_searched_for(store: Store) -> None:
    """Else each chunk of a job reads all articles, and a job of many takes forever."""
    if store.file is None:
        pytest.skip("PostgreSQL reads a small table as a whole, and should")
    found = [ids.new() for _ in range(256)]
    statements = [
        batches.locked(found),
        batches.current(found),
        batches.already_said(found, "model"),
        batches.stored([each.bytes for each in found]),
        batches.corrected(found),
        sharing.sharing(list(range(256))),
        sharing.bodies(found),
        update(ArticleRow).where(among(ArticleRow.id, found)).values(revision=2),
    ]
    with store.reading() as session:
        for statement in statements:
            compiled = statement.compile(session.connection(), compile_kwargs={"render_postcompile": True})
            parameters = [None] * len(compiled.positiontup or ())
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(parameters)).all()
            searched = {row[3].split()[1] for row in plan if row[3].startswith("SCAN")}
            assert not searched & set(ArticleRow.metadata.tables)
