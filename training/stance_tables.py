"""Stances toward given targets, mention by mention: accuracy, calibration, abstention, voices, int8 against float."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.domain.models import Table
from app.domain.values import Span, Voice
from app.inference.annotator import TransformerAnnotator
from app.inference.attribution import voices
from app.inference.offline import judge_all
from app.inference.passages import sentences
from training.confidence_tables import Outcome, bins, calibration, coverage
from training.data import STANCES, Example, stance_file
from training.metrics import Floats, Labels, f1, macro_f1
from training.tables import percent

STANCE_TESTS = {"newsmtsc-mt": "NewsMTSC-mt", "newsmtsc-rw": "NewsMTSC-rw", "rusentne-en-country": "RuSentNE-en, countries"}


@dataclass(frozen=True, slots=True)
class Judged:
    """Gold labels [N], calibrated probabilities [N, 3] and voices [N] of the labelled spans of a test."""

    gold: Labels
    probabilities: Floats
    voices: Sequence[Voice]

    @property
    def found(self) -> Labels:
        return self.probabilities.argmax(1)

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.probabilities.max(1), self.found == self.gold)


def judged(annotator: TransformerAnnotator, data: Path) -> dict[str, Judged]:
    """By the names of the tests."""
    found = {}
    for file, name in STANCE_TESTS.items():
        examples = stance_file(data / f"stance-{file}.jsonl")
        gold, probabilities = stance_probabilities(annotator, examples, countries="country" in file)
        found[name] = Judged(gold, probabilities, [voice for example in examples for voice in _voices(example)])
    return found


def stance_probabilities(
    annotator: TransformerAnnotator, examples: Sequence[Example], *, countries: bool
) -> tuple[Labels, Floats]:
    """Gold labels [N] and calibrated probabilities [N, 3] of all labelled spans."""
    texts = [(example.text, _spans(example)) for example in examples]
    scaling = annotator.folder.config.calibration
    probabilities = [scaling.probabilities(found.stance, countries=countries) for found in judge_all(annotator, texts)]
    gold = [STANCES.index(span.stance or "neutral") for example in examples for span in example.spans]
    return np.array(gold), np.concatenate(probabilities)


def touching(text: str, start: int, end: int) -> Span:
    """The span; an empty one (RuSentNE-en has two, where a word was lost) becomes the last letter before it, and counts."""
    if start < end:
        return Span(start, end)
    last = len(text[:start].rstrip())
    return Span(last - 1, last)


def _spans(example: Example) -> list[Span]:
    return [touching(example.text, span.start, span.end) for span in example.spans]


def _voices(example: Example) -> list[Voice]:
    return voices(example.text, sentences=sentences(example.text), spans=_spans(example))


def tables(found: Mapping[str, Judged]) -> Iterator[Table]:
    yield stance_table(found)
    outcomes = {name: one.outcome for name, one in found.items()}
    yield calibration(
        outcomes,
        id="calibration",
        title="Calibration of mention probabilities",
        note="Expected calibration error in points (15 equal-mass bins, top label, before abstention), beside what a perfectly"
        " calibrated model would show on a test of that size (simulated).",
        first="test",
    )
    yield bins(
        outcomes,
        id="reliability",
        title="Reliability of mention probabilities",
        note="Five equal-mass bins from least to most confident, in percent.",
        first="test",
        what="probability",
    )
    yield coverage(
        outcomes,
        id="abstention",
        title="Abstention: coverage against accuracy",
        note="If only judgements of at least this probability counted: share decided and accuracy among them, in percent.",
        first="test",
        what="probability",
    )
    yield voice_table(found)


def stance_table(found: Mapping[str, Judged]) -> Table:
    rows = []
    for name, one in found.items():
        each = [round(f1(one.gold, one.found, label), 1) for label in range(3)]
        accuracy = percent(float(one.outcome.right.mean()))
        rows.append((name, len(one.gold), *_macro(one.gold, one.found), accuracy, *each))
    columns = ("test", "targets", "macro-F1", "F1pn", "accuracy", "F1 favor", "F1 neutral", "F1 against")
    return Table("stance", "Stance toward given targets", "In percent.", columns, tuple(rows))


def voice_table(found: Mapping[str, Judged]) -> Table:
    rows = []
    for name, one in found.items():
        for voice in Voice:
            own = np.array([said is voice for said in one.voices])
            if own.any():
                macro, polar = _macro(one.gold[own], one.found[own])
                rows.append((name, voice.value, int(own.sum()), macro, polar))
    note = "Voices are told by marks and verbs. No test says who holds a stance; these are the given stances in each voice."
    return Table("voices", "Voices of mentions", note, ("test", "voice", "targets", "macro-F1", "F1pn"), tuple(rows))


def precision_table(found: Mapping[str, Judged], in_float: Mapping[str, float]) -> Table:
    """`in_float` is the macro-F1 of the graph before quantisation, by test."""
    own = {name: _macro(one.gold, one.found)[0] for name, one in found.items()}
    rows = tuple((name, value, in_float[name], round(in_float[name] - value, 1)) for name, value in own.items())
    note = "Macro-F1 of the shipped graph, and of the same weights before quantisation (measured when the model was made)."
    return Table("precision", "int8 against float", note, ("test", "int8", "float", "lost"), rows)


def macro_by_test(found: Mapping[str, Judged]) -> dict[str, float]:
    return {name: _macro(one.gold, one.found)[0] for name, one in found.items()}


def _macro(gold: Labels, found: Labels) -> tuple[float, float]:
    """Of all three stances, and of favor and against alone."""
    return round(macro_f1(gold, found), 1), round(macro_f1(gold, found, (0, 2)), 1)
