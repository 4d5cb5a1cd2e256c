from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.domain.errors import InvalidCursor, InvalidQuery
from app.domain.records import ArticleReference, Filter, ListedArticle, Page, Sort, StoredArticle
from app.domain.values import CountryCode, PublicationTime, Stance
from app.services import search
from app.services.remove import remove
from app.services.submit import submit
from app.storage.database import Store
from tests.samples import ScriptedAnnotator, judgement, submission

pytestmark = pytest.mark.anyio

CN, KZ = CountryCode("CN"), CountryCode("KZ")
SCRIPT = {
    "first": [judgement("CN", Stance.FAVOR, salience=0.9), judgement("KZ", None, salience=0.1)],
    "second": [judgement("CN", Stance.AGAINST, salience=0.4, probability=0.5)],
    "third": [],
}


@pytest.fixture
async def stored(store: Store) -> list[StoredArticle]:
    day = PublicationTime.at(date(2024, 5, 6))
    noon = PublicationTime.at(datetime(2024, 5, 6, 12, tzinfo=UTC))
    given = [
        submission(
            "first", title="One", publisher="P", external_id="1", url="https://example.org/1", published=noon, metadata={"a": 1}
        ),
        submission("second", publisher="Q", published=day),
        submission("third"),
    ]
    return [(await submit(store, ScriptedAnnotator(SCRIPT), each))[0] for each in given]


async def texts(store: Store, wanted: Filter, stored: list[StoredArticle], **options: Any) -> list[str]:
    """The articles found, by the text they were stored with."""
    found = await search.articles(store, wanted, limit=10, **options)
    bodies = {article.id: article.submission.text.body for article in stored}
    return [bodies[article.id] for article in found.items]


async def test_articles_come_newest_first_without_text_and_annotation(store: Store, stored: list[StoredArticle]) -> None:
    found = await search.articles(store, Filter(), limit=10)
    assert [article.id for article in found.items] == [article.id for article in reversed(stored)]
    first, given = found.items[-1], stored[0]
    assert (first.title, first.external_id, first.revision, first.status) == ("One", "1", 1, given.status)
    assert (json.loads(first.metadata), first.published_at) == ({"a": 1}, "2024-05-06T12:00:00Z")
    assert [datetime.fromisoformat(time) for time in (first.created_at, first.updated_at)] == [given.created_at, given.updated_at]
    assert [article.published_at for article in found.items] == [None, "2024-05-06", "2024-05-06T12:00:00Z"]


async def test_a_stance_shows_its_article_and_its_best_evidence(store: Store, stored: list[StoredArticle]) -> None:
    found = await search.stances(store, Filter(countries=(KZ,)), limit=10)
    (stance,) = found.items
    said, given = SCRIPT["first"][1], stored[0]
    assert given.annotation is not None
    assert stance.article == ArticleReference(given.id, "One", "P", "https://example.org/1", "2024-05-06T12:00:00Z")
    assert (stance.annotation_id, stance.model) == (given.annotation.id, given.annotation.annotation.model)
    assert (stance.country, stance.name, stance.salience, stance.mention_count) == ("KZ", said.name, 0.1, 2)
    assert said.scores is not None
    assert (stance.stance, stance.scores) == (None, (said.scores.favor, said.scores.neutral, said.scores.against))
    best = said.evidence[0]
    assert stance.evidence == (best.field, best.span.start, best.span.end, best.quote, best.stance, best.score)
    assert datetime.fromisoformat(stance.created_at) == given.created_at


async def test_of_one_article_the_most_salient_country_comes_first(store: Store, stored: list[StoredArticle]) -> None:
    found = await search.stances(store, Filter(), limit=10)
    assert [(stance.article.id, stance.country) for stance in found.items] == [
        (stored[1].id, "CN"),
        (stored[0].id, "CN"),
        (stored[0].id, "KZ"),
    ]


async def test_by_publication_the_latest_is_first_and_the_undated_last(store: Store, stored: list[StoredArticle]) -> None:
    assert await texts(store, Filter(), stored, sort=Sort.PUBLISHED_AT) == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(countries=(CN,)), ["second", "first"]),
        (Filter(countries=(KZ, CN)), ["second", "first"]),
        (Filter(countries=(CountryCode("FR"),)), []),
        (Filter(stances=(Stance.AGAINST,)), ["second"]),
        (Filter(stances=(None,)), ["first"]),
        (Filter(stances=(None, Stance.AGAINST)), ["second", "first"]),
        (Filter(countries=(CN,), stances=(None,)), []),
        (Filter(publisher="P"), ["first"]),
        (Filter(publisher="p"), []),
        (Filter(url="https://example.org/1"), ["first"]),
        (Filter(external_id="1"), ["first"]),
        (Filter(min_score=0.6), ["first"]),
        (Filter(min_salience=0.4), ["second", "first"]),
        (Filter(min_salience=0.41), ["first"]),
        (Filter(model="scripted@000000000001"), ["third", "second", "first"]),
        (Filter(model="nobody@000000000000"), []),
        (Filter(published_from=datetime(2024, 5, 6, tzinfo=UTC)), ["second", "first"]),
        (Filter(published_from=datetime(2024, 5, 6, 1, tzinfo=UTC)), ["first"]),
        (Filter(published_to=datetime(2024, 5, 6, 12, tzinfo=UTC)), ["second"]),
        (Filter(published_from=datetime(2024, 5, 7, tzinfo=UTC)), []),
        (Filter(publisher="' OR 1=1 --"), []),
    ],
)
async def test_articles_are_narrowed_down(store: Store, stored: list[StoredArticle], wanted: Filter, expected: list[str]) -> None:
    assert await texts(store, wanted, stored) == expected


def shown(item: Any) -> tuple[str, str]:
    """What does not change when an article gets its first near-duplicate."""
    return (item.id, "") if isinstance(item, ListedArticle) else (item.article.id, item.country)


List = Callable[..., Awaitable[Page[Any]]]


@pytest.mark.parametrize("listed", [search.articles, search.stances])
@pytest.mark.parametrize("sort", Sort)
async def test_rows_that_come_and_go_meanwhile_move_nothing(
    store: Store, stored: list[StoredArticle], listed: List, sort: Sort
) -> None:
    whole = (await listed(store, Filter(), sort=sort, limit=10)).items
    page = await listed(store, Filter(), sort=sort, limit=1)
    latest = PublicationTime.at(date(2030, 1, 1))
    await submit(store, ScriptedAnnotator(SCRIPT), submission("first", publisher="New", published=latest))
    if listed is search.articles:
        await remove(store, page.items[0].id)
    rest = await listed(store, Filter(), sort=sort, limit=10, cursor=page.next_cursor)
    assert [shown(item) for item in (*page.items, *rest.items)] == [shown(item) for item in whole]


@pytest.mark.parametrize("listed", [search.articles, search.stances])
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("wanted", [Filter(), Filter(countries=(CN, KZ), publisher="P", stances=(None,), min_salience=0.0)])
async def test_a_page_is_one_statement_however_long(
    store: Store, stored: list[StoredArticle], statements: list[str], listed: List, sort: Sort, wanted: Filter
) -> None:
    for limit in (1, 200):
        statements.clear()
        await listed(store, wanted, sort=sort, limit=limit)
        assert [statement.split()[0] for statement in statements if statement != "BEGIN"] == ["SELECT"]


@pytest.mark.parametrize("listed", [search.articles, search.stances])
@pytest.mark.parametrize("limit", [-1, 0, 201])
async def test_a_limit_out_of_bounds_is_refused(store: Store, listed: List, limit: int) -> None:
    with pytest.raises(InvalidQuery, match="limit"):
        await listed(store, Filter(), limit=limit)


async def test_a_cursor_holds_for_its_own_list_filters_and_sort_only(store: Store, stored: list[StoredArticle]) -> None:
    wanted = Filter(countries=(CN,))
    cursor = (await search.articles(store, wanted, limit=1)).next_cursor
    assert cursor is not None
    assert len((await search.articles(store, wanted, limit=5, cursor=cursor)).items) == 1
    for refused in (
        search.articles(store, Filter(), limit=1, cursor=cursor),
        search.articles(store, wanted, sort=Sort.PUBLISHED_AT, limit=1, cursor=cursor),
        search.stances(store, wanted, limit=1, cursor=cursor),
        search.articles(store, wanted, limit=1, cursor=cursor[:-1]),
        search.articles(store, wanted, limit=1, cursor=""),
    ):
        with pytest.raises(InvalidCursor):
            await refused


async def test_two_hundred_and_fifty_countries_in_one_filter_are_no_trouble(store: Store, stored: list[StoredArticle]) -> None:
    many = tuple(CountryCode(a + b) for a in "ABCDEFGHIK" for b in "ABCDEFGHIJKLMNOPQRSTUVWXY")
    assert len((await search.stances(store, Filter(countries=many), limit=10)).items) == 2
