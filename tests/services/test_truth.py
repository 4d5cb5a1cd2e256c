"""Lists and series over random articles, on each database, against the same questions put to plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.domain.records import (
    ArticleFilter,
    CountryCount,
    Dimension,
    Filter,
    Group,
    Interval,
    ListedArticle,
    Page,
    PublisherCount,
    RelatedCountry,
    Series,
    SeriesPoint,
    Sort,
    StanceCounts,
    StoredArticle,
    Submission,
    Summary,
)
from app.domain.relations import LeftOut, Matrix, PairCounts, PeriodCounts, RelationFilter
from app.domain.textquery import TextQuery
from app.domain.values import (
    ArticleText,
    CountryCode,
    JudgedBy,
    Judgement,
    Kind,
    Mention,
    PublicationTime,
    Relation,
    Scores,
    Stance,
    Verdict,
    Voice,
)
from app.domain.words import words
from app.services import confront, correct, search, summarise
from app.services.submit import submit
from app.storage.database import Store
from app.storage.tables import ArticleRow
from tests.samples import ScriptedAnnotator, annotate_again, annotation, judgement, relation

pytestmark = pytest.mark.anyio

CODES = ["CN", "KZ", "US"]
# There are countries before it in the alphabet and after it.
KZ = CountryCode("KZ")
PUBLISHERS = [None, "P", "Q", "é"]
MODELS = ["one@000000000001", "two@000000000002"]
SCORES = [0.4, 0.5, 0.7]
SALIENCES = [0.0, 0.25, 1.0]
STANCES = [*Stance, None]
SIDES = [Stance.FAVOR, Stance.AGAINST]
LANGUAGES = [None, "en-GB", "fr"]
WIRE = "gas flows through the new pipe under the cold sea while the ministers argue about the price of every cubic metre of it"
# The first two are near-duplicates, which is what their number divided by two says.
TEXTS = [WIRE, WIRE + " today", "The price of wheat, and gas."]
QUERIES = ["gas", "price -wheat", '"the price" gas', "-today", '"wheat and gas"', '"gas wheat"', "nowhere"]
HEARD = [None, Scores(0.6, 0.3, 0.1), Scores(0.4, 0.3, 0.3), Scores(0.1, 0.1, 0.8)]

# Few enough that dates, moments and the bounds of filters often meet.
days = st.sampled_from([date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 15)])
zones = st.sampled_from([UTC, timezone(timedelta(hours=12))])
moments = st.builds(datetime.combine, days, st.sampled_from([time(0), time(12), time(23, 59, 59, 999_999)]), tzinfo=zones)


def heard(judged: Judgement, author: Scores | None, attributed: Scores | None, kinds: list[Kind]) -> Judgement:
    mentions: tuple[Mention, ...] = tuple(replace(judged.mentions[0], kind=kind) for kind in kinds)
    return replace(judged, author=author, attributed=attributed, mentions=mentions)


plain = st.builds(
    judgement,
    st.sampled_from(CODES),
    st.sampled_from(STANCES),
    salience=st.sampled_from(SALIENCES),
    probability=st.sampled_from(SCORES),
)
judgements = st.builds(
    heard, plain, st.sampled_from(HEARD), st.sampled_from(HEARD), st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=2)
)
verdicts = st.builds(
    lambda country, stance, present: Verdict(CountryCode(country), present, stance if present else None),
    st.sampled_from(CODES),
    st.sampled_from(STANCES),
    st.booleans(),
)
sayings = st.lists(judgements, max_size=3, unique_by=lambda judged: judged.country)
pairs = st.permutations(CODES).map(lambda codes: codes[:2])
relations = st.builds(
    lambda pair, stance, probability: relation(*pair, stance, probability=probability),
    pairs,
    st.sampled_from(SIDES),
    st.sampled_from(SCORES),
)
standings = st.lists(relations, max_size=3, unique_by=lambda said: (said.source, said.target, said.stance))


@dataclass
class Case:
    published: PublicationTime | None
    publisher: str | None
    said: list[list[Judgement]]
    """By the first model, then perhaps by the second, which is then shown."""
    text: int
    language: str | None
    verdicts: list[tuple[Verdict, bool]]
    """And whether it is revoked. Given between the two models."""
    related: tuple[list[Relation], list[Relation]]
    """By the first model and by the second."""


@dataclass
class Known:
    number: int
    article: StoredArticle
    said: dict[str, list[Judgement]]
    related: dict[str, list[Relation]]
    case: Case

    @property
    def family(self) -> int:
        return self.case.text // 2

    @property
    def holding(self) -> dict[str, Verdict]:
        return {str(verdict.country): verdict for verdict, revoked in self.case.verdicts if not revoked}

    @property
    def shown(self) -> str:
        return list(self.said)[-1]


cases = st.builds(
    Case,
    published=st.none() | days.map(PublicationTime.at) | moments.map(PublicationTime.at),
    publisher=st.sampled_from(PUBLISHERS),
    said=st.lists(sayings, min_size=1, max_size=2),
    text=st.integers(0, 2),
    language=st.sampled_from(LANGUAGES),
    verdicts=st.lists(st.tuples(verdicts, st.booleans()), max_size=3),
    related=st.tuples(standings, standings),
)
filters = st.builds(
    Filter,
    countries=st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple),
    stances=st.just(()) | st.lists(st.sampled_from(STANCES), max_size=3, unique=True).map(tuple),
    publisher=st.none() | st.sampled_from(PUBLISHERS[1:]),
    external_id=st.none() | st.sampled_from(["0", "1", "x"]),
    published_from=st.none() | moments,
    published_to=st.none() | moments,
    min_score=st.none() | st.sampled_from(SCORES),
    min_salience=st.none() | st.sampled_from(SALIENCES),
    model=st.none() | st.sampled_from([*MODELS, "nobody@000000000003"]),
    language=st.none() | st.sampled_from(["en", "FR"]),
    kinds=st.just(()) | st.lists(st.sampled_from(list(Kind)), max_size=2, unique=True).map(tuple),
    q=st.none() | st.sampled_from(QUERIES).map(TextQuery.parse),
    collapse=st.booleans(),
)
views = st.sampled_from(
    [
        {},
        {},
        *({"judged_by": who} for who in JudgedBy),
        *({"voice": voice} for voice in Voice),
        {"voice": Voice.AUTHOR, "judged_by": JudgedBy.MODEL},
    ]
)
# Few of several conditions at once would leave anything, so that most filters have one or two.
asked_filters = st.builds(
    lambda whole, kept, view: Filter(**{name: getattr(whole, name) for name in kept}, **view),
    filters,
    st.sets(st.sampled_from([name for name in Filter.__dataclass_fields__ if name not in ("voice", "judged_by")]), max_size=3),
    views,
)
relation_filters = st.builds(
    RelationFilter,
    sources=st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple),
    targets=st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple),
    stances=st.lists(st.sampled_from(SIDES), max_size=2, unique=True).map(tuple),
    publisher=st.none() | st.sampled_from(PUBLISHERS[1:]),
    published_from=st.none() | moments,
    published_to=st.none() | moments,
    min_probability=st.none() | st.sampled_from(SCORES),
    model=st.none() | st.sampled_from(MODELS),
    language=st.none() | st.sampled_from(["en", "FR"]),
    judged_by=st.none() | st.just(JudgedBy.MODEL),
    q=st.none() | st.sampled_from(QUERIES).map(TextQuery.parse),
    collapse=st.booleans(),
)
asked_relations = st.builds(
    lambda whole, kept: RelationFilter(**{name: getattr(whole, name) for name in kept}),
    relation_filters,
    st.sets(st.sampled_from(list(RelationFilter.__dataclass_fields__)), max_size=3),
)
dimensions = st.lists(st.sampled_from(list(Dimension)), max_size=2, unique=True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(cases, min_size=4, max_size=8),
    st.lists(st.tuples(asked_filters | filters, dimensions, st.none() | st.integers(0, 3)), min_size=4, max_size=6),
    st.lists(asked_relations | relation_filters, min_size=2, max_size=4),
    st.integers(1, 3),
)
async def test_the_database_answers_what_plain_python_answers(
    store: Store,
    made: list[Case],
    asked: list[tuple[Filter, list[Dimension], int | None]],
    asked_of_pairs: list[RelationFilter],
    limit: int,
) -> None:
    clear(store)
    known = [await store_case(store, number, case) for number, case in enumerate(made)]
    for wanted, grouped, since in [(Filter(), [Dimension.COUNTRY, Dimension.MONTH], None), *asked]:
        if since is not None:
            wanted = replace(wanted, created_from=known[since].article.created_at)
        for sort in Sort:
            assert await everything(search.articles, store, wanted, sort, limit, seen_article) == articles(known, wanted, sort)
            assert await everything(search.stances, store, wanted, sort, limit, seen_stance) == stances(known, wanted, sort)
        for interval in Interval:
            assert await summarise.series(store, wanted, interval=interval) == series(known, wanted, interval)
        assert await summarise.summary(store, wanted, dimensions=grouped) == summary(known, wanted, grouped)
        assert await summarise.related(store, KZ, wanted) == related(known, wanted, KZ)
    for between in [RelationFilter(), *asked_of_pairs]:
        for sort in Sort:
            found = [row.seen for row in matched_relations(newest_first(known, sort), between)]
            assert await everything(search.relations, store, between, sort, limit, seen_relation) == found
        for width in (None, *Interval):
            assert await confront.matrix(store, between, interval=width, limit=limit) == matrix(known, between, width, limit)
    assert await summarise.countries(store) == countries(known)
    assert (await summarise.publishers(store, limit=10)).items == publishers(known)


async def store_case(store: Store, number: int, case: Case) -> Known:
    text = ArticleText(TEXTS[case.text])
    given = Submission(
        text=text, external_id=str(number), publisher=case.publisher, published=case.published, language=case.language
    )
    said = dict(zip(MODELS, case.said, strict=False))
    related = dict(zip(said, case.related, strict=False))
    first, *later = (annotation(*each, model=model, relations=related[model]) for model, each in said.items())
    script, between = {text.body: first.countries}, {text.body: first.relations}
    annotator = ScriptedAnnotator(script, version=first.model, relations=between)
    article, _ = await submit(store, annotator, given)
    for verdict, revoked in case.verdicts:
        made = await correct.correct(store, annotator, article.id, verdict)
        if revoked:
            await correct.revoke(store, article.id, made.id)
    for each in later:
        annotate_again(store, article, each)
    return Known(number, article, said, related, case)


@dataclass
class Row:
    """One stance as it should be seen."""

    known: Known
    country: str
    stance: Stance | None
    probability: float
    salience: float
    kinds: set[Kind | None]
    model: str
    judged_by: JudgedBy

    @property
    def seen(self) -> tuple[Any, ...]:
        return self.known.article.id, self.country, self.stance, self.salience, self.model, self.judged_by


def rows(known: Known, wanted: Filter) -> list[Row]:
    """All of one article in the view that is asked for, the most salient first and what a reviewer added last."""
    model = wanted.model or known.shown
    if model not in known.said:
        return []
    found = [row for judged in known.said[model] if (row := model_row(known, judged, wanted, model))]
    if wanted.judged_by is JudgedBy.MODEL:
        return found
    named = {str(judged.country) for judged in known.said[model]}
    added = [] if wanted.voice else [country for country in order_of_verdicts(known) if country not in named]
    return [*found, *(human_row(known, country, model, 0.0, set()) for country in added)]


def order_of_verdicts(known: Known) -> list[str]:
    return [country for country, verdict in known.holding.items() if verdict.present]


def model_row(known: Known, judged: Judgement, wanted: Filter, model: str) -> Row | None:
    verdict = None if wanted.judged_by is JudgedBy.MODEL else known.holding.get(str(judged.country))
    kinds = {mention.kind for mention in judged.mentions}
    if verdict and not verdict.present:
        return None
    if wanted.voice:
        own = judged.author if wanted.voice is Voice.AUTHOR else judged.attributed
        if own is None:
            return None
        best = max(own.favor, own.neutral, own.against)
        stance = judged.stance if own == judged.scores else own.leading() if best >= 0.5 else None
        return Row(known, str(judged.country), stance, best if stance else -1, judged.salience, kinds, model, JudgedBy.MODEL)
    if verdict:
        return human_row(known, str(judged.country), model, judged.salience, kinds)
    if wanted.judged_by is JudgedBy.HUMAN:
        return None
    probability = judged.scores.of(judged.stance) if judged.scores and judged.stance else -1
    return Row(known, str(judged.country), judged.stance, probability, judged.salience, kinds, model, JudgedBy.MODEL)


def human_row(known: Known, country: str, model: str, salience: float, kinds: set[Kind | None]) -> Row:
    stance = known.holding[country].stance
    return Row(known, country, stance, 1 if stance else -1, salience, kinds, model, JudgedBy.HUMAN)


async def everything(
    listed: Callable[..., Awaitable[Page[Any]]], store: Store, wanted: Filter, sort: Sort, limit: int, seen: Callable[[Any], Any]
) -> list[Any]:
    found: list[Any] = []
    page = await listed(store, wanted, sort=sort, limit=limit)
    found += page.items
    while page.next_cursor:
        assert len(page.items) == limit
        page = await listed(store, wanted, sort=sort, limit=limit, cursor=page.next_cursor)
        found += page.items
    return [seen(item) for item in found]


def seen_article(article: ListedArticle) -> str:
    return article.id


def seen_stance(found: Any) -> tuple[Any, ...]:
    return found.article.id, found.country, found.stance, found.salience, found.model, found.judged_by


def newest_first(known: list[Known], sort: Sort) -> list[Known]:
    by_creation = known[::-1]
    if sort is Sort.CREATED_AT:
        return by_creation
    dated = [each for each in by_creation if each.article.submission.published]
    undated = [each for each in by_creation if not each.article.submission.published]
    return sorted(dated, key=lambda each: first_moment(each.article), reverse=True) + undated


def first_moment(article: StoredArticle) -> datetime:
    published = article.submission.published
    assert published is not None
    return published.instant or datetime.combine(published.day, time(), UTC)


def articles(known: list[Known], wanted: Filter, sort: Sort) -> list[str]:
    about_stances = [wanted.countries, wanted.stances, wanted.kinds, wanted.voice, wanted.judged_by]
    asks = any(about_stances) or wanted.min_score is not None or wanted.min_salience is not None
    fitting = [
        each
        for each in newest_first(known, sort)
        if fits_article(each, wanted)
        and (not asks or any(fits_stance(row, wanted) for row in rows(each, wanted)))
        and (wanted.model is None or wanted.model in each.said)
    ]
    if wanted.collapse:
        eldest = {
            family: min(each.number for each in fitting if each.family == family) for family in {each.family for each in fitting}
        }
        fitting = [each for each in fitting if each.number == eldest[each.family]]
    return [each.article.id for each in fitting]


def matched(known: list[Known], wanted: Filter) -> list[Row]:
    """In the order of `known`."""
    found = [row for each in known if fits_article(each, wanted) for row in rows(each, wanted) if fits_stance(row, wanted)]
    if not wanted.collapse:
        return found
    eldest: dict[tuple[int, str], int] = {}
    for row in found:
        key = (row.known.family, row.country)
        eldest[key] = min(row.known.number, eldest.get(key, row.known.number))
    return [row for row in found if row.known.number == eldest[row.known.family, row.country]]


def stances(known: list[Known], wanted: Filter, sort: Sort) -> list[tuple[Any, ...]]:
    return [row.seen for row in matched(newest_first(known, sort), wanted)]


@dataclass
class RelationRow:
    """One relation as it should be seen."""

    known: Known
    said: Relation
    model: str

    @property
    def pair(self) -> tuple[str, str]:
        return self.said.source, self.said.target

    @property
    def seen(self) -> tuple[Any, ...]:
        return self.known.article.id, *self.pair, self.said.stance, self.said.probability, self.model, self.said.evidence.quote


def seen_relation(found: Any) -> tuple[Any, ...]:
    said = (found.source, found.target, found.stance, found.probability, found.model, found.evidence.quote)
    return found.article.id, *said


def relation_rows(known: Known, wanted: RelationFilter) -> Iterator[RelationRow]:
    """Of one article those that count and fit, the most probable first."""
    model = wanted.model or known.shown
    ignored = wanted.judged_by is JudgedBy.MODEL
    gone = set() if ignored else {country for country, verdict in known.holding.items() if not verdict.present}
    for said in sorted(known.related.get(model, []), key=lambda said: -said.probability):
        fits = (
            not gone & {said.source, said.target}
            and (not wanted.sources or said.source in wanted.sources)
            and (not wanted.targets or said.target in wanted.targets)
            and (not wanted.stances or said.stance in wanted.stances)
            and (wanted.min_probability is None or said.probability >= wanted.min_probability)
        )
        if fits:
            yield RelationRow(known, said, model)


def matched_relations(known: list[Known], wanted: RelationFilter) -> list[RelationRow]:
    """In the order of `known`. Of near-duplicates the first article that speaks of a pair speaks for all."""
    found = [row for each in known if fits_article(each, wanted) for row in relation_rows(each, wanted)]
    if not wanted.collapse:
        return found
    eldest: dict[tuple[Any, ...], int] = {}
    for row in found:
        key = (row.known.family, *row.pair)
        eldest[key] = min(row.known.number, eldest.get(key, row.known.number))
    return [row for row in found if row.known.number == eldest[row.known.family, *row.pair]]


def matrix(known: list[Known], wanted: RelationFilter, width: Interval | None, limit: int) -> Matrix:
    found = matched_relations(known, wanted)
    ordered = sorted(Counter(row.pair for row in found).items(), key=lambda item: (-item[1], item[0]))
    shown = [PairCounts(CountryCode(a), CountryCode(b), *sides(found, (a, b), width)) for (a, b), _ in ordered[:limit]]
    left_out = LeftOut(len(ordered[limit:]), sum(n for _, n in ordered[limit:]))
    return Matrix(width, tuple(shown), left_out, dict(sorted(Counter(row.model for row in found).items())))


def sides(found: list[RelationRow], pair: tuple[str, str], width: Interval | None) -> tuple[Any, Any]:
    own = [row for row in found if row.pair == pair]
    if width is None:
        return counted(row.said.stance for row in own), None
    by_start: dict[date | None, list[Stance]] = {}
    for row in own:
        day = published_day(row.known)
        start = None if day is None else next(intervals(day, day, width))[0]
        by_start.setdefault(start, []).append(row.said.stance)
    starts = sorted(by_start, key=lambda start: (start is None, start or date.max))
    periods = tuple(PeriodCounts(start, counted(by_start[start])) for start in starts)
    return counted(row.said.stance for row in own), periods


def fits_article(known: Known, wanted: ArticleFilter) -> bool:
    article, given = known.article, known.article.submission
    if (wanted.published_from or wanted.published_to) and given.published is None:
        return False
    language = (given.language or "en")[:2]
    return (
        wanted.publisher in (None, given.publisher)
        and wanted.external_id in (None, given.external_id)
        and (wanted.language or language).lower() == language
        and (wanted.published_from is None or first_moment(article) >= wanted.published_from)
        and (wanted.published_to is None or first_moment(article) < wanted.published_to)
        and (wanted.created_from is None or article.created_at >= wanted.created_from)
        and (wanted.q is None or fits_text(given.text.body, wanted.q))
    )


def fits_text(text: str, query: TextQuery) -> bool:
    plain = f" {' '.join(words(text))} "
    there = [f" {' '.join(phrase)} " in plain for phrase in query.wanted]
    not_there = [f" {' '.join(phrase)} " not in plain for phrase in query.unwanted]
    return all(there) and all(not_there)


def fits_stance(row: Row, wanted: Filter) -> bool:
    return (
        (not wanted.countries or row.country in wanted.countries)
        and (not wanted.stances or row.stance in wanted.stances)
        and (wanted.min_score is None or row.probability >= wanted.min_score)
        and (wanted.min_salience is None or row.salience >= wanted.min_salience)
        and (not wanted.kinds or bool(row.kinds & set(wanted.kinds)))
    )


def summary(known: list[Known], wanted: Filter, grouped: list[Dimension]) -> Summary:
    found = matched(known, wanted)
    groups: dict[tuple[Any, ...], list[Stance | None]] = {} if grouped else {(): []}
    for row in found:
        groups.setdefault(tuple(key(row, dimension) for dimension in grouped), []).append(row.stance)
    ordered = sorted(groups.items(), key=lambda item: [(each is None, each or "") for each in item[0]])
    models = Counter(row.model for row in found)
    return Summary(tuple(Group(keys, counted(stances)) for keys, stances in ordered), dict(sorted(models.items())))


def key(row: Row, dimension: Dimension) -> Any:
    day = published_day(row.known)
    if dimension in (Dimension.DAY, Dimension.WEEK, Dimension.MONTH):
        return None if day is None else next(intervals(day, day, Interval(dimension)))[0]
    submission = row.known.article.submission
    language = (submission.language or "en")[:2]
    return {"country": row.country, "stance": row.stance, "publisher": submission.publisher, "language": language}[dimension]


def series(known: list[Known], wanted: Filter, interval: Interval) -> Series:
    found = [(published_day(row.known), row.stance) for row in matched(known, wanted)]
    dated = [(day, stance) for day, stance in found if day is not None]
    first = [] if wanted.published_from is None else [wanted.published_from.astimezone(UTC).date()]
    before = wanted.published_to and wanted.published_to.astimezone(UTC) - timedelta(microseconds=1)
    last = [] if before is None else [before.date()]
    ends = [*(day for day, _ in dated), *first, *last]
    empty = not dated and not (first and last and first <= last)
    spans = [] if empty else list(intervals(min(ends), max(ends), interval))
    return Series(
        points=tuple(
            SeriesPoint(datetime.combine(start, time(), UTC), counted(stance for day, stance in dated if start <= day < end))
            for start, end in spans
        ),
        undated=counted(stance for day, stance in found if day is None),
    )


def published_day(known: Known) -> date | None:
    published = known.article.submission.published
    return None if published is None else published.day


def intervals(first: date, last: date, interval: Interval) -> Iterator[tuple[date, date]]:
    """Day by day: a new interval begins where the calendar names another day, week or month."""
    names: dict[Interval, Callable[[date], object]] = {
        Interval.DAY: lambda day: day,
        Interval.WEEK: lambda day: day.isocalendar()[:2],
        Interval.MONTH: lambda day: (day.year, day.month),
    }
    name = names[interval]
    around = [first + timedelta(days=offset) for offset in range(-32, (last - first).days + 33)]
    starts = [day for before, day in pairwise(around) if name(before) != name(day)]
    return ((start, end) for start, end in pairwise(starts) if end > first and start <= last)


def counted(stances: Iterable[Stance | None]) -> StanceCounts:
    counts = Counter(stances)
    return StanceCounts(counts[Stance.FAVOR], counts[Stance.NEUTRAL], counts[Stance.AGAINST], counts[None])


def countries(known: list[Known]) -> tuple[CountryCount, ...]:
    counts = Counter(row.country for row in matched(known, Filter()))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(CountryCount(CountryCode(code), f"Land of {code}", count) for code, count in ordered)


def related(known: list[Known], wanted: Filter, country: CountryCode) -> tuple[RelatedCountry, ...]:
    """Of the articles whose stance toward the country is wanted, what they say of the others beside it."""
    beside: dict[str, list[tuple[Row, Row]]] = {}
    for row in matched(known, replace(wanted, countries=(country,))):
        for other in rows(row.known, wanted):
            if other.country != country and (not wanted.countries or other.country in wanted.countries):
                beside.setdefault(other.country, []).append((row, other))
    ordered = sorted(beside.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        RelatedCountry(
            CountryCode(code),
            f"Land of {code}",
            toward_it=counted(other.stance for _, other in found),
            toward_other=counted(row.stance for row, _ in found),
        )
        for code, found in ordered
    )


def publishers(known: list[Known]) -> tuple[PublisherCount, ...]:
    counts = Counter(each.article.submission.publisher for each in known)
    ordered = sorted(counts.items(), key=lambda item: (item[0] is None, item[0] or ""))
    return tuple(PublisherCount(publisher, count) for publisher, count in ordered)


def clear(store: Store) -> None:
    with store.transaction() as session:
        session.execute(delete(ArticleRow))
