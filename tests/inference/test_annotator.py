"""The real model behind the protocol."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from app.domain.errors import DeadlineExceeded, EngineOverloaded, EngineUnavailable, TextTooLong, UnsupportedLanguage
from app.domain.values import Annotation, ArticleText, Field, Judgement, Stance, Voice
from app.inference.annotator import TransformerAnnotator
from app.inference.batched import Options
from app.inference.batching import Limits
from app.inference.encoding import Row
from app.inference.engine import Engine, SpanLogits
from app.inference.offline import annotate_all, judge_all
from app.services.ports import Annotator

ARTICLE = ArticleText(
    title="Germany condemns Belarus 😀",
    body=(
        "Germany praised France on Monday for its courage while condemning Belarus for a brutal crackdown.\n\n"
        "“We will stand by Côte d’Ivoire,” said the minister in Paris. Cote\u0301 was not named. "
        "👩‍👩‍👧 Angela Merkel looked on.\n\n"
    )
    + "The weather was fine and nobody had much to say about it that week, or the next. " * 20
    + "According to Minsk, the sanctions are a crime.",
)


Gated = tuple[TransformerAnnotator, threading.Event]


def parts(annotation: Annotation) -> Iterator[Judgement]:
    yield from annotation.countries
    yield from annotation.targets


def annotate(annotator: Annotator, text: ArticleText, **options: object) -> Annotation:
    return asyncio.run(annotator.annotate(text, **options))  # type: ignore[arg-type]


def test_every_quote_is_what_stands_at_its_offsets(annotator: TransformerAnnotator) -> None:
    texts = {Field.TITLE: ARTICLE.title or "", Field.TEXT: ARTICLE.body}
    for judgement in parts(annotate(annotator, ARTICLE, targets=["Angela Merkel"])):
        spans = [(found.field, found.span, found.quote) for found in judgement.mentions]
        spans += [(found.field, found.span, found.quote) for found in judgement.evidence]
        assert all(texts[field][span.start : span.end] == quote for field, span, quote in spans)


def test_countries_are_found_named_and_ordered_by_salience(annotator: TransformerAnnotator) -> None:
    countries = annotate(annotator, ARTICLE).countries
    assert {"DE", "FR", "BY", "CI"} <= {judgement.country for judgement in countries}
    assert {judgement.name for judgement in countries} >= {"Germany", "France", "Belarus"}
    saliences = [judgement.salience for judgement in countries]
    assert saliences == sorted(saliences, reverse=True)


def test_each_mention_has_a_voice(annotator: TransformerAnnotator) -> None:
    by_quote = {
        mention.quote: mention.voice for judgement in annotate(annotator, ARTICLE).countries for mention in judgement.mentions
    }
    assert by_quote["Côte d’Ivoire"] is by_quote["Minsk"] is Voice.ATTRIBUTED
    assert by_quote["Germany"] is Voice.AUTHOR


def test_targets_come_in_the_order_they_were_named_and_one_not_found_has_no_mentions(annotator: TransformerAnnotator) -> None:
    nobody, merkel = annotate(annotator, ARTICLE, targets=["Nobody", "Angela Merkel"]).targets
    assert (nobody.name, nobody.mentions, nobody.salience) == ("Nobody", (), 0.0)
    assert [mention.kind for mention in merkel.mentions] == [None]
    assert merkel.salience > 0


def test_a_text_about_no_country_has_an_annotation_without_countries(annotator: TransformerAnnotator) -> None:
    annotation = annotate(annotator, ArticleText("The weather was fine, and so were we."))
    assert annotation.countries == ()
    # Its first passage is read all the same, so that claims can be compared with it.
    assert annotation.coverage.passages == 1


def test_coverage_counts_title_and_text_and_what_was_encoded_of_them(annotator: TransformerAnnotator) -> None:
    coverage = annotate(annotator, ARTICLE).coverage
    assert coverage.characters == len(ARTICLE.title or "") + len(ARTICLE.body)
    assert 0 < coverage.encoded_characters <= coverage.characters


def test_the_version_names_the_model_and_its_digest(annotator: TransformerAnnotator) -> None:
    assert annotator.version == annotate(annotator, ARTICLE).model == f"standpoint-en@{annotator.folder.digest}"


def test_what_cannot_be_read_is_refused(annotator: TransformerAnnotator) -> None:
    with pytest.raises(UnsupportedLanguage):
        annotate(annotator, ArticleText("Germany"), language="de")
    with pytest.raises(TextTooLong):
        annotate(annotator, ArticleText("a" * 200_001))


def test_a_text_is_judged_the_same_alone_and_among_others(annotator: TransformerAnnotator) -> None:
    sentence = "Observer number {} said that Germany praised Kenya, that Belarus was to blame, and that {} China agreed."
    texts = [ArticleText(sentence.format(n, "very " * (n % 23)), title=f"Kenya, day {n}") for n in range(64)]

    async def at_once() -> Sequence[Annotation]:
        return await asyncio.gather(*(annotator.annotate(text) for text in texts))

    together = asyncio.run(at_once())
    for alone, among in zip((annotate(annotator, text) for text in texts), together, strict=True):
        assert_same(alone, among)


def assert_same(one: Annotation, other: Annotation) -> None:
    """Probabilities may differ by what rounding in batches of another shape leaves: one in the last digit that is given."""
    assert (one.coverage, len(one.countries)) == (other.coverage, len(other.countries))
    for left, right in zip(one.countries, other.countries, strict=True):
        assert (left.country, left.salience, left.stance) == (right.country, right.salience, right.stance)
        for mine, yours in zip(left.mentions, right.mentions, strict=True):
            assert (mine.span, mine.kind, mine.stance, mine.voice) == (yours.span, yours.kind, yours.stance, yours.voice)
            for stance in Stance:
                assert mine.probabilities.of(stance) == pytest.approx(yours.probabilities.of(stance), abs=1.1e-4)


def test_offline_annotations_are_those_of_the_service_and_errors_keep_their_place(annotator: TransformerAnnotator) -> None:
    texts = [ARTICLE, ArticleText("Germany waits."), ArticleText(" "), ARTICLE]
    first, second, refused, last = annotate_all(annotator, texts)
    assert isinstance(first, Annotation) and isinstance(second, Annotation) and isinstance(last, Annotation)
    assert isinstance(refused, Exception)
    assert_same(first, annotate(annotator, ARTICLE))
    assert_same(first, last)


def test_given_spans_are_judged_in_their_order(annotator: TransformerAnnotator) -> None:
    draft = annotator.draft(ARTICLE)
    spans = draft.fields[1].spans
    (forward,) = judge_all(annotator, [(ARTICLE.body, spans)])
    (backward,) = judge_all(annotator, [(ARTICLE.body, spans[::-1])])
    assert forward.stance.shape == (len(spans), 3)
    assert abs(forward.stance - backward.stance[::-1]).max() < 1e-4


@pytest.mark.parametrize(
    "text", ["Germany " * 25_000, "Germany. " * 22_222, "germany" * 28_571], ids=["one sentence", "many", "one word"]
)
def test_200_000_characters_of_names_are_read(annotator: TransformerAnnotator, text: str) -> None:
    draft = annotator.draft(ArticleText(text[:200_000]))
    few = draft.rows[:4]
    assert len(annotator.submit(few).result()) == len(few)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  What is waited for happens on threads that know no event loop.
        await asyncio.sleep(0.005)


class Gate(Engine):
    """The real engine, held back until it is opened."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.opened = engine, threading.Event()
        self._outputs = engine._outputs

    def run(self, rows: Sequence[Row]) -> list[SpanLogits]:
        assert self.opened.wait(10)
        return self._engine.run(rows)


@pytest.fixture
def gated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gated]:
    """An annotator with a short queue and deadline, whose engine stands still once it is warm."""
    gates: list[Gate] = []

    def engine(path: object) -> Gate:
        gates.append(Gate(Engine(path)))  # type: ignore[arg-type]
        gates[0].opened.set()
        return gates[0]

    monkeypatch.setattr("app.inference.annotator.Engine", engine)
    annotator = TransformerAnnotator("standpoint-en", options=Options(deadline=0.3, limits=Limits(jobs=2)))
    gates[0].opened.clear()
    yield annotator, gates[0].opened
    gates[0].opened.set()
    annotator.close()


def test_a_request_past_its_deadline_fails_while_the_engine_stands_still(
    gated: Gated,
) -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        annotate(gated[0], ARTICLE)
    assert time.monotonic() - started < 5


def test_what_is_too_much_is_refused_and_the_rest_is_answered(gated: Gated) -> None:
    annotator, opened = gated

    async def crowd() -> list[Annotation | BaseException]:
        calls = [asyncio.create_task(annotator.annotate(ARTICLE, bulk=True)) for _ in range(8)]
        await until(lambda: sum(call.done() for call in calls) == 6)
        opened.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(crowd())
    assert sum(isinstance(answer, Annotation) for answer in answers) == 2
    assert sum(isinstance(answer, EngineOverloaded) for answer in answers) == 6


def test_a_cancelled_request_leaves_no_work_behind(gated: Gated) -> None:
    annotator, opened = gated

    async def leave() -> None:
        call = asyncio.create_task(annotator.annotate(ARTICLE, bulk=True))
        await until(lambda: annotator.load().jobs == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(leave())
    opened.set()
    assert annotator.load().jobs == 0


def test_the_event_loop_is_never_blocked_while_long_texts_are_read(annotator: TransformerAnnotator) -> None:
    long = replace(ARTICLE, body=ARTICLE.body * 20)

    async def lag() -> float:
        calls = [asyncio.create_task(annotator.annotate(long)) for _ in range(4)]
        worst, last = 0.0, time.monotonic()
        while not all(call.done() for call in calls):
            await asyncio.sleep(0.001)
            worst, last = max(worst, time.monotonic() - last), time.monotonic()
        return worst

    assert asyncio.run(lag()) < 0.25


def test_a_closed_annotator_is_not_healthy_and_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    annotator = TransformerAnnotator("standpoint-en")
    assert annotator.healthy()
    annotator.close()
    assert not annotator.healthy()
    with pytest.raises(EngineUnavailable):
        annotate(annotator, ARTICLE)
