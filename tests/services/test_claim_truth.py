"""Lists, counts and series of claims over random articles, on each database, against the same questions put to plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.domain.claim_records import ClaimCounts, ClaimFilter, ListedClaimStance
from app.domain.claims import ClaimStance
from app.domain.records import Filter, Interval, Page, Sort
from app.domain.values import CountryCode, PublicationTime
from app.services import claim, claim_stances, fetch, spread
from app.services.submit import submit
from app.storage import publication
from app.storage.database import Store
from app.storage.job_tables import JobRow
from app.storage.tables import ArticleRow
from tests.samples import submission
from tests.services.bulk import StillDispatcher, run_all
from tests.twins import DictionaryAnnotator, DictionaryReader

pytestmark = pytest.mark.anyio

CLAIM = "Kazakhstan closed its border"
LONG = "while lorries with grain stood in a line of many miles and their drivers slept, cooked and waited for news of any kind"
# What the twin says of each; the last is held off. The first two are near-duplicates.
TEXTS = {
    f"Kazakhstan closed its border {LONG}.": ClaimStance.AGREE,
    f"Kazakhstan closed its border {LONG} today.": ClaimStance.AGREE,
    "France and Germany denied that Kazakhstan closed its border.": ClaimStance.DISAGREE,
    "Reportedly Kazakhstan closed its border, said France.": ClaimStance.DISCUSS,
    "The border of France was closed.": ClaimStance.UNRELATED,
    "Kenya had rain.": None,
}
ABOUT_FRANCE = list(TEXTS)[2:5]
PUBLISHERS = [None, "P", "Q"]
DAYS = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 3)]


@dataclass(frozen=True)
class Case:
    text: str
    publisher: str | None
    published: date | datetime | None
    later: bool
    """Whether it comes in after the claim was made."""


@dataclass(frozen=True)
class Known:
    id: str
    number: int
    case: Case
    family: object = None
    """Its group of near-duplicates, as the article says, or else itself; how those are found is tested elsewhere."""

    @property
    def order(self) -> int:
        return publication.order(PublicationTime.at(self.case.published) if self.case.published else None)


moments = st.builds(datetime.combine, st.sampled_from(DAYS), st.sampled_from([time(0), time(23, 59)]), tzinfo=st.just(UTC))
cases = st.builds(
    Case,
    st.sampled_from(list(TEXTS)),
    st.sampled_from(PUBLISHERS),
    st.one_of(st.none(), st.sampled_from(DAYS), moments),
    st.booleans(),
)
bounds = st.one_of(st.none(), moments)
filters = st.builds(
    lambda countries, publisher, first, end, stances, least, collapse: ClaimFilter(
        Filter(countries=countries, publisher=publisher, published_from=first, published_to=end), stances, least, collapse
    ),
    st.sampled_from([(), (CountryCode("FR"),), (CountryCode("FR"), CountryCode("KE"))]),
    st.sampled_from(PUBLISHERS),
    bounds,
    bounds,
    st.sampled_from([(), *((stance,) for stance in ClaimStance), (ClaimStance.AGREE, ClaimStance.UNRELATED)]),
    st.sampled_from([None, 0.8, 0.85]),
    st.booleans(),
)
FEW = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(given_cases=st.lists(cases, min_size=1, max_size=8), wanted=st.lists(filters, min_size=1, max_size=4))
async def test_lists_counts_and_series_say_what_plain_python_says(
    store: Store, given_cases: list[Case], wanted: list[ClaimFilter]
) -> None:
    forget(store)
    reader, known = DictionaryReader(), []
    for case in [case for case in given_cases if not case.later]:
        known.append(await stored(store, case, len(known)))
    made, _ = await claim.make(store, StillDispatcher(), reader, CLAIM, Filter())
    await run_all(store, DictionaryAnnotator(), claims=reader)
    for case in [case for case in given_cases if case.later]:
        known.append(await stored(store, case, len(known)))
    await run_all(store, DictionaryAnnotator(), claims=reader)
    known = [replace(each, family=(await fetch.article(store, each.id)).duplicate_group or each.id) for each in known]
    assert (await claim.claim(store, made.id)).counts == counted(known)
    for asked in (ClaimFilter(Filter()), ClaimFilter(Filter(), tuple(ClaimStance)), *wanted):
        expected = [each for each in known if each in set(kept(known, asked))]
        await the_list_is(store, made.id, asked, expected)
        await the_series_is(store, made.id, asked, expected)
    await the_spread_is(store, made.id, known)


def forget(store: Store) -> None:
    with store.transaction() as session:
        session.execute(delete(JobRow))
        session.execute(delete(ArticleRow))


async def stored(store: Store, case: Case, number: int) -> Known:
    published = PublicationTime.at(case.published) if case.published else None
    given = submission(case.text, publisher=case.publisher, published=published, external_id=f"a{number}")
    article, _ = await submit(store, DictionaryAnnotator(), given)
    return Known(article.id, number, case)


def counted(known: Sequence[Known]) -> ClaimCounts:
    found = Counter(said for each in known if (said := TEXTS[each.case.text]) is not None)
    return ClaimCounts.of(found)


def kept(known: Sequence[Known], wanted: ClaimFilter) -> Iterator[Known]:
    families = set()
    for each in known:
        if fits(each, wanted) and not (wanted.collapse and each.family in families):
            families.add(each.family)
            yield each


def fits(each: Known, wanted: ClaimFilter) -> bool:
    said, article = TEXTS[each.case.text], wanted.article
    stances = wanted.stances or (ClaimStance.AGREE, ClaimStance.DISAGREE, ClaimStance.DISCUSS)
    if said is None or said not in stances:
        return False
    if wanted.min_probability is not None and (0.9 if said is ClaimStance.UNRELATED else 0.8) < wanted.min_probability:
        return False
    if article.countries and each.case.text not in ABOUT_FRANCE:
        return False
    if article.publisher is not None and each.case.publisher != article.publisher:
        return False
    first, end = (bound and publication.order_of(bound) for bound in (article.published_from, article.published_to))
    if first is None and end is None:
        return True
    return each.case.published is not None and (first is None or each.order >= first) and (end is None or each.order < end)


async def the_list_is(store: Store, claim_id: str, wanted: ClaimFilter, expected: Sequence[Known]) -> None:
    for sort in Sort:
        newest = sorted(expected, key=lambda each: (each.order if sort is Sort.PUBLISHED_AT else 0, each.number), reverse=True)
        found: list[ListedClaimStance] = []
        cursor = None
        while True:
            page: Page[ListedClaimStance] = await claim_stances.stances(
                store, claim_id, wanted, sort=sort, limit=3, cursor=cursor
            )
            found += page.items
            if (cursor := page.next_cursor) is None:
                break
        assert [each.article.id for each in found] == [each.id for each in newest], (wanted, sort)
        assert [each.stance for each in found] == [TEXTS[each.case.text] for each in newest]


async def the_series_is(store: Store, claim_id: str, wanted: ClaimFilter, expected: Sequence[Known]) -> None:
    for interval in Interval:
        series = await claim_stances.series(store, claim_id, wanted, interval=interval)
        summed = [sum(point.counts[place] for point in series.points) + series.undated[place] for place in range(4)]
        assert ClaimCounts(*summed) == counted(expected), (wanted, interval)
        assert series.undated == counted([each for each in expected if each.case.published is None])


async def the_spread_is(store: Store, claim_id: str, known: Sequence[Known]) -> None:
    """Of copies the one that was published first, those without a date behind all others."""
    related = [each for each in known if TEXTS[each.case.text] not in (None, ClaimStance.UNRELATED)]
    in_time = sorted(related, key=lambda each: (each.case.published is None, each.order, each.number))
    families = {each.family: [other for other in in_time if other.family == each.family] for each in in_time}
    heads = [group[0] for group in families.values()]
    story = await spread.spread(store, claim_id, ClaimFilter(Filter()), limit=100)
    dated = [each for each in heads if each.case.published is not None]
    assert [report.said.article.id for report in story.reports] == [each.id for each in dated]
    assert [report.copies for report in story.reports] == [len(families[each.family]) - 1 for each in dated]
    assert story.undated_count == len(heads) - len(dated) == len(story.undated)
    for course in story.courses:
        own = [each for each in dated if TEXTS[each.case.text] is course.stance]
        assert (course.first.said.article.id if course.first else None) == (own[0].id if own else None)
        assert course.reports == len(own)
        assert course.outlets == len({each.case.publisher for each in own} - {None})
        others = {each.case.publisher for each in own} - {None, own[0].case.publisher if own else None}
        began = {name: min(each.order for each in own if each.case.publisher == name) for name in others}
        for following in course.followed:
            end = (own[0].order if own else 0) + following.days * publication.DAY
            assert following.outlets == sum(order <= end for order in began.values())
