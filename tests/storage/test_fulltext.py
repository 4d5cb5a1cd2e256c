from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from app.domain.errors import InvalidQuery
from app.domain.records import Filter
from app.domain.textquery import LONGEST_PHRASE, MOST_WORDS, TextQuery
from app.domain.values import ArticleText
from app.domain.words import GAP, LONGEST_WORD, MOST_BYTES, searchable, words
from app.services import revise, search
from app.services.remove import remove
from app.services.submit import submit
from app.storage.database import Store
from app.storage.fulltext import MOST_POSITIONS, head, stretches, tails
from app.storage.tables import BandRow, SearchableRow
from tests.samples import ScriptedAnnotator, submission


def test_accents_case_and_compatibility_forms_make_no_difference() -> None:
    assert words("Türkiye's ﬁrst “pipe-line” İstanbul STRASSE straße") == [
        *("turkiye", "s", "first", "pipe", "line", "istanbul", "strasse", "strasse")
    ]


@given(st.text(max_size=60))
def test_a_word_stays_the_same_when_it_is_divided_again(given: str) -> None:
    assert words(" ".join(words(given))) == words(given)


def test_a_word_without_end_is_cut_and_a_text_without_repetition_ends() -> None:
    assert words("x" * 1_000) == ["x" * LONGEST_WORD]
    found = searchable(None, " ".join(f"{number:0100}" for number in range(10_000)))
    assert sum(map(len, found)) == MOST_BYTES


@given(st.lists(st.sampled_from(["the", "gas", "x"]), min_size=1, max_size=1_200))
def test_every_phrase_lies_in_one_stretch_with_all_its_positions(found: list[str]) -> None:
    parts = [found[each.start : each.stop] for each in stretches(found)]
    assert all(part.count(word) <= MOST_POSITIONS for part in parts for word in part)
    phrases = {tuple(found[start : start + LONGEST_PHRASE]) for start in range(len(found))}
    inside = {tuple(part[start : start + len(phrase)]) for part in parts for phrase in phrases for start in range(len(part))}
    assert phrases <= inside


def test_a_tsvector_has_the_words_of_the_whole_text_and_positions_of_its_first_stretch() -> None:
    found = ["gas"] * 300 + ["wheat"]
    assert head(["a", GAP, "b", "a", GAP, "b"]) == "a:1 b:3 a:4 b:6"
    assert head(found).startswith("'gas':1,2,3")
    assert head(found).endswith(" 'wheat'")
    assert [tail.endswith("'wheat':76") for tail in tails(found) or []] == [True]


@pytest.mark.anyio
async def test_a_text_that_repeats_long_words_is_kept_although_its_words_are_more_than_a_tsvector_holds(store: Store) -> None:
    different = [f"{number:0{LONGEST_WORD}}" for number in range(400)]
    article, _ = await submit(store, ScriptedAnnotator(), submission(" ".join(different * 39)))
    found = await search.articles(store, Filter(q=TextQuery.parse(f'"{different[-1]} {different[0]}"')), limit=10)
    assert [item.id for item in found.items] == [article.id]


@pytest.mark.parametrize(
    ("q", "wanted", "unwanted"),
    [
        ("Gas sea", [("gas",), ("sea",)], []),
        ('"sea border" -football', [("sea", "border")], [("football",)]),
        ('-"sea border" “U.S.” gas', [("u", "s"), ("gas",)], [("sea", "border")]),
        ("gas - sea & !!", [("gas",), ("sea",)], []),
        ("gas OR NEAR(sea)", [("gas",), ("or",), ("near", "sea")], []),
        ("self-made", [("self", "made")], []),
    ],
)
def test_a_query_is_words_phrases_and_what_is_not_wanted(q: str, wanted: list[object], unwanted: list[object]) -> None:
    assert TextQuery.parse(q) == TextQuery(tuple(wanted), tuple(unwanted))  # type: ignore[arg-type]


TOO_MANY = " ".join(f"w{number}" for number in range(MOST_WORDS + 1))
TOO_LONG = f'"{"a " * (LONGEST_PHRASE + 1)}"'


@pytest.mark.parametrize("q", ['"', 'gas "sea', "!!", "-", '""', '-"!"', TOO_MANY, TOO_LONG])
def test_a_query_that_cannot_be_asked_is_refused(q: str) -> None:
    with pytest.raises(InvalidQuery, match=r"^q: "):
        TextQuery.parse(q)


LONG = " ".join(["the gas"] * 400) + " flows to nobody"
TEXTS = {
    "one": submission("Gas flows; under THE sea.", title="Prices rise"),
    "two": submission("Türkiye's sea border is calm."),
    "long": submission(LONG, title="Gas"),
}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("sea", ["two", "one"]),
        ("SEA -gas", ["two"]),
        ('"under the sea"', ["one"]),
        ('"the under sea"', []),
        ("turkiye", ["two"]),
        ("Türkiye’s", ["two"]),
        ("rise", ["one"]),
        ('"rise gas"', []),
        ('"the gas flows to"', ["long"]),
        ('"gas gas"', []),
        ("gas nobody", ["long"]),
        ("-gas", ["two"]),
        ('-"sea border"', ["long", "one"]),
        ("flows -nobody -calm", ["one"]),
        ("gas' OR '1'='1", []),
        ("gas) OR (sea*", []),
        ("words:gas", []),
        ("sea:* | !x <-> \\", []),
    ],
)
async def test_both_databases_find_the_same_texts(store: Store, q: str, expected: list[str]) -> None:
    ids = {(await submit(store, ScriptedAnnotator(), given))[0].id: name for name, given in TEXTS.items()}
    found = await search.articles(store, Filter(q=TextQuery.parse(q)), limit=10)
    assert [ids[item.id] for item in found.items] == expected


@pytest.mark.anyio
async def test_a_new_text_is_found_instead_of_the_old_and_nothing_is_left_of_a_deleted_one(store: Store) -> None:
    article, _ = await submit(store, ScriptedAnnotator(), submission("Gas flows."))
    await revise.replace_text(store, ScriptedAnnotator(), article.id, ArticleText("Wheat grows."))

    async def found(q: str) -> int:
        return len((await search.articles(store, Filter(q=TextQuery.parse(q)), limit=10)).items)

    assert (await found("gas"), await found("wheat")) == (0, 1)
    await remove(store, article.id)
    with store.transaction() as session:
        assert session.scalar(select(func.count()).select_from(SearchableRow)) == 0
        assert session.scalar(select(func.count()).select_from(BandRow)) == 0
        if store.engine.dialect.name == "sqlite":
            session.execute(text("INSERT INTO searchable_words (searchable_words, rank) VALUES ('integrity-check', 1)"))
            assert session.scalar(text("SELECT count(*) FROM searchable_words('wheat')")) == 0
