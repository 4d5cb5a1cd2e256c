"""Evidence is what drove a judgement: without it the judgement is less probable, far more so than without other sentences."""

import random
from collections.abc import Iterator
from statistics import fmean

import pytest

from app.domain.values import Annotation, ArticleText, Judgement, Span
from app.inference.annotator import TransformerAnnotator
from app.inference.offline import annotate_all
from app.inference.passages import sentences
from training.data import OWN, parse_markup

PASSAGES = [
    parse_markup(line, source="own").text
    for line in (OWN / "passages.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
# Articles that the project wrote itself: three of its passages each, so that there are sentences to leave out.
TEXTS = [" ".join(PASSAGES[first::117][:3]) for first in range(117)]


@pytest.fixture(scope="module")
def annotator() -> Iterator[TransformerAnnotator]:
    annotator = TransformerAnnotator("standpoint-en")
    yield annotator
    annotator.close()


def annotations(annotator: TransformerAnnotator, texts: list[str]) -> list[Annotation]:
    found = list(annotate_all(annotator, [ArticleText(text) for text in texts], language="en"))
    return [annotation for annotation in found if isinstance(annotation, Annotation)]


def without(text: str, left_out: list[Span]) -> str:
    kept = [text[s.start : s.end] for s in sentences(text) if not any(s.start < o.end and o.start < s.end for o in left_out)]
    return "".join(kept)


def score(annotation: Annotation, judgement: Judgement) -> float:
    """Of the stance that was judged with all sentences; an article that no longer names the country says nothing of it."""
    assert judgement.stance is not None
    for found in annotation.countries:
        if found.country == judgement.country and found.scores is not None:
            return found.scores.of(judgement.stance)
    return 0.0


def strongest(annotation: Annotation) -> Judgement | None:
    """The most salient country with a stance that is not neutral, if any."""
    return next((found for found in annotation.countries if found.stance in ("favor", "against")), None)


def test_a_judgement_falls_with_its_evidence_more_than_with_as_many_other_sentences(annotator: TransformerAnnotator) -> None:
    rng = random.Random(7)
    chosen, without_evidence, without_others = [], [], []
    for text, annotation in zip(TEXTS, annotations(annotator, TEXTS), strict=True):
        judgement = strongest(annotation) or annotation.countries[0]
        if judgement.stance is None:
            continue
        evidence = [found.span for found in judgement.evidence]
        others = [s for s in sentences(text) if not any(s.start < e.end and e.start < s.end for e in evidence)]
        if len(others) > len(evidence):
            chosen.append(judgement)
            without_evidence.append(without(text, evidence))
            without_others.append(without(text, rng.sample(others, len(evidence))))
    assert len(chosen) >= 100
    before = [judgement.scores.of(judgement.stance) for judgement in chosen if judgement.scores and judgement.stance]
    falls = [
        [
            was - score(found, judgement)
            for was, found, judgement in zip(before, annotations(annotator, texts), chosen, strict=True)
        ]
        for texts in (without_evidence, without_others)
    ]
    more = fmean(own > other for own, other in zip(*falls, strict=True))
    assert fmean(falls[0]) > fmean(falls[1]) + 0.05
    assert more > 0.8
