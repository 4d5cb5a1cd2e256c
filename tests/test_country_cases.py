"""The shipped model on short hand-written cases: every way to mention a country, and what only looks like one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app.domain.values import Annotation, ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.offline import annotate_all
from tests.inference.gazetteers import shipped

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "country_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
ABOUT = sorted({case["about"] for case in CASES})
Mentions = Counter[tuple[str, str]]


def expected(case: dict[str, list[tuple[str, str]]]) -> Mentions:
    return Counter((quote, country) for quote, country in case["expected"])


@cache
def found() -> dict[str, Mentions]:
    """The mentions of each case, all cases annotated at once."""
    annotator = TransformerAnnotator("standpoint-en")
    try:
        texts = [case["text"] for case in CASES]
        answers = list(annotate_all(annotator, [ArticleText(text) for text in texts], language="en"))
    finally:
        annotator.close()
    return {text: Counter(mentions(answer)) for text, answer in zip(texts, answers, strict=True)}


def mentions(annotation: object) -> Iterator[tuple[str, str]]:
    assert isinstance(annotation, Annotation)
    for judgement in annotation.countries:
        for mention in judgement.mentions:
            yield mention.quote, str(judgement.country)


def test_there_are_enough_cases_and_none_twice() -> None:
    assert len(CASES) >= 160
    assert len({case["text"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:50])
def test_the_gazetteer_offers_every_expected_mention(case: dict[str, list[tuple[str, str]]]) -> None:
    text = str(case["text"])
    offered = {
        (text[one.span.start : one.span.end], reading.country) for one in shipped().candidates(text) for reading in one.readings
    }
    assert offered >= set(expected(case))


def test_precision_and_recall_are_above_97_percent() -> None:
    wanted, right, total = 0, 0, 0
    wrong = []
    for case in CASES:
        own, gold = found()[case["text"]], expected(case)
        wanted, right, total = wanted + gold.total(), right + (own & gold).total(), total + own.total()
        if own != gold:
            wrong.append(f"{case['text']}  extra {dict(own - gold)}  missing {dict(gold - own)}")
    assert right / total > 0.97, "\n".join(wrong)
    assert right / wanted > 0.97, "\n".join(wrong)


@pytest.mark.parametrize("about", ABOUT)
def test_no_kind_of_case_is_left_to_chance(about: str) -> None:
    cases = [case for case in CASES if case["about"] == about]
    exact = sum(found()[case["text"]] == expected(case) for case in cases)
    assert exact / len(cases) >= 0.85
