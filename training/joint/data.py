"""What the joint training reads: sentences with stances and relations, and topics that stand as a marked sentence before a
text."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from training.batches import swap_countries
from training.data import Example, LabelledSpan, held_out, newsmtsc_split, own_split, rows, shifted, stance_file
from training.linking_data import lgl_examples, with_candidates
from training.relations.items import agreed

TOPIC = "topic"
_SENTENCE_END = re.compile(r"(?<=[.!?”\"])\s+")
TOPICS_AT_ONCE, TOPICS_ASKED = 2, 0.2
"""Topics that stand before one passage, at most, and the share of a text's topics that one epoch asks."""
LONGEST_PASSAGE = 420
"""Code points, some 85 tokens: what stands behind a topic in use. Longer texts are read in several windows there."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two spans of an example by their half-open ranges of code points, the first standing first, and the number of their
    relation."""

    first: tuple[int, int]
    second: tuple[int, int]
    relation: int

    def shifted(self, by: int) -> Pair:
        a, b = ((start + by, end + by) for start, end in (self.first, self.second))
        return Pair(a, b, self.relation)


@dataclass(frozen=True, slots=True)
class Item:
    """An example, and the pairs of its spans whose relation is known."""

    example: Example
    pairs: tuple[Pair, ...] = field(default=())

    @property
    def topical(self) -> bool:
        return self.example.source == TOPIC


def with_pairs(stances: Sequence[Example], relations: Path) -> list[Item]:
    """Sentences of Directed Sentiment Extraction. Spans that only a relation names are added to those with a stance."""
    known, items = {row["id"]: agreed(row) for row in rows(relations)}, []
    for example in stances:
        pairs = tuple(Pair(a, b, relation) for (a, b), relation in known.get(example.id, {}).items())
        spans = {(span.start, span.end): span for span in example.spans}
        for pair in pairs:
            for place in (pair.first, pair.second):
                spans.setdefault(place, LabelledSpan(*place))
        items.append(Item(replace(example, spans=_in_order(spans.values())), pairs))
    return items


def sentences(data: Path) -> list[Item]:
    """All labelled sentences."""
    pairs = with_pairs(with_candidates(stance_file(data / "stance-dse-train.jsonl")), data / "relations-dse-train.jsonl")
    return [*pairs, *_items(with_candidates([*newsmtsc_split(data)[0], *own_split()[0]]))]


def places(data: Path) -> list[Item]:
    """Windows of LGL's training part, which have places only."""
    return _items(lgl_examples(data, part=0))


def _items(examples: Sequence[Example]) -> list[Item]:
    return [Item(replace(example, spans=_in_order(example.spans))) for example in examples]


def topics(data: Path, part: str) -> dict[str, list[tuple[str, str]]]:
    """Of VAST: topics and their stances by text."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows(data / f"topics-vast-{part}.jsonl"):
        found.setdefault(row["text"], []).append((row["target"], row["label"]))
    return found


def topic_example(asked: Sequence[tuple[str, str]], passage: str) -> Example:
    """Each topic as a sentence of its own before the passage, marked; the app puts one there, training up to two at once."""
    text, spans = "", []
    for topic, stance in asked:
        spans.append(LabelledSpan(len(text), len(text) + len(topic), stance=stance))
        text += f"{topic}. "
    return Example(text=text + passage, spans=tuple(spans), source=TOPIC)


def topic_epoch(found: dict[str, list[tuple[str, str]]], rng: random.Random) -> Iterator[Item]:
    """Some topics of every text, with the whole text or with a window of it.

    VAST's own neutral pairs are topics of the text itself, while those of its tests are topics of other texts: such stand in
    their place, one for every two with a stance (docs/decisions/0049).
    """
    every = sorted({topic for asked in found.values() for topic, _ in asked})
    for text, own in found.items():
        stated = [one for one in own if one[1] != "neutral"]
        strange = [topic for topic in rng.sample(every, len(stated) // 2 + 1) if topic not in {known for known, _ in own}]
        asked = [*stated, *((topic, "neutral") for topic in strange)]
        waiting = rng.sample(asked, math.ceil(TOPICS_ASKED * len(asked)))
        while waiting:
            count = rng.randint(1, TOPICS_AT_ONCE)
            yield Item(topic_example(waiting[:count], window(text, rng)))
            waiting = waiting[count:]


def window(text: str, rng: random.Random) -> str:
    """The text, where it is short; else a part of it that begins with a sentence, every second time the first."""
    if len(text) <= LONGEST_PASSAGE:
        return text
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text) if match.end() < len(text) - LONGEST_PASSAGE // 2)]
    start = 0 if rng.random() < 0.5 else rng.choice(starts)
    return text[start : start + LONGEST_PASSAGE].rsplit(" ", 1)[0]


def changed(item: Item, names: dict[str, str], rng: random.Random) -> Item:
    """The item with other countries' names. Its pairs move along with their spans."""
    swapped = swap_countries(item.example, names, rng)
    moved = {(old.start, old.end): (new.start, new.end) for old, new in zip(item.example.spans, swapped.spans, strict=True)}
    return Item(swapped, tuple(replace(p, first=moved[p.first], second=moved[p.second]) for p in item.pairs))


def joined(items: Sequence[Item]) -> Item:
    """Several items as one passage."""
    text, spans, pairs = "", [], []
    for item in items:
        offset = len(text) + 1 if text else 0
        text = f"{text} {item.example.text}" if text else item.example.text
        spans += [shifted(span, offset) for span in item.example.spans]
        pairs += [pair.shifted(offset) for pair in item.pairs]
    return Item(Example(text=text, spans=tuple(spans), source=items[0].example.source), tuple(pairs))


def development(data: Path) -> dict[str, list[Item]]:
    """Texts of VAST are cut into the windows that are read in use; all of a text's windows have its label."""
    dse = with_pairs(stance_file(data / "stance-dse-dev.jsonl"), data / "relations-dse-dev.jsonl")
    asked = [Item(topic_example([one], text[:LONGEST_PASSAGE])) for text, ones in topics(data, "dev").items() for one in ones]
    return {
        "newsmtsc": [Item(example) for example in newsmtsc_split(data)[1]],
        "dse": dse,
        "own": [Item(example) for example in own_split()[1] if held_out(example.text, one_in=4)],
        "vast": [item for item in asked if held_out(item.example.text, one_in=6)],
    }


def _in_order(spans: Iterable[LabelledSpan]) -> tuple[LabelledSpan, ...]:
    return tuple(sorted(spans, key=lambda span: span.start))
