"""Topics that a text never names. Each is shown to the main encoder as a marked sentence of its own before a passage, and the
stance of that sentence is the passage's toward the topic: docs/decisions/0046-topics-as-a-sentence-before-the-passage.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.domain.errors import InvalidText
from app.domain.values import ArticleText, Evidence, Judgement, Scores, Stance
from app.inference.aggregation import DIGITS, NEUTRAL, rounded
from app.inference.calibration import Floats, Scaling
from app.inference.encoding import Integers, Row, TextEncoder
from app.inference.engine import SpanLogits
from app.inference.pooling import pooled, quoted
from app.inference.selection import Piece, selected

LONGEST = 32
"""Tokens of a topic, some 20 words: a name or a proposal, and three quarters of a row are left for the passage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRule:
    """`topics` of config.json. Of a text the first passage is read, and of the others those that share most of the topic's
    telling words, at most `most` in all. The mean of their logits is weighed by the softmax of `sharpness` times the lead that
    the better side of each has over neutral: 0 weighs all alike.
    """

    scaling: Scaling = field(default_factory=Scaling)
    undecided_below: float = 0.6
    most: int = 6
    sharpness: float = 0.0

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> TopicRule:
        """Raises KeyError, TypeError or ValueError for another form."""
        scaling, undecided_below = Scaling(**values["calibration"]), float(values["undecided_below"])
        passages = values["passages"]
        most, sharpness = int(passages["most"]), float(passages["sharpness"])
        if most < 1:
            raise ValueError("topics: at least one passage has to be read")
        return cls(scaling=scaling, undecided_below=undecided_below, most=most, sharpness=sharpness)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of one text: the passages that are read for it, and their rows."""

    name: str
    pieces: Sequence[Piece]
    rows: Sequence[Row]


def topic_of(name: str, encoder: TextEncoder) -> Integers:
    """Its tokens. Raises InvalidText where there are none or too many: it is never cut off."""
    ids = encoder.tokens(name.strip()).ids
    if not len(ids):
        raise InvalidText("targets", "holds no word")
    if len(ids) > LONGEST:
        what = f"{len(ids)} word pieces; the limit for one that the text does not name is {LONGEST}, some 20 words"
        raise InvalidText("targets", f"has a target of {what}")
    return ids


def asked(name: str, ids: Integers, pieces: Sequence[Piece], *, encoder: TextEncoder, most: int) -> Topic:
    """`pieces` leave room for the topic in each row (`TextEncoder.room_beside`)."""
    chosen = [pieces[number] for number in selected(ids, pieces, count=most)]
    return Topic(name, chosen, [encoder.topic_row(ids, piece.ids) for piece in chosen])


def judged(topic: Topic, outputs: Sequence[SpanLogits], text: ArticleText, rule: TopicRule) -> Judgement:
    """`outputs` are the logits of the topic's rows, of which there is at least one."""
    logits = np.concatenate([output.toward_topics for output in outputs]).astype(np.float64)
    found = pooled(logits, rule.sharpness * leads(logits), rule.scaling)
    stance = list(Stance)[int(found.whole.argmax())]
    return Judgement(
        name=topic.name,
        salience=0.0,
        stance=stance if found.whole.max() >= rule.undecided_below else None,
        scores=Scores(*rounded(found.whole)),
        mentions=(),
        evidence=tuple(_evidence(topic.pieces[number], found.each[number], text) for number in found.deciding()),
    )


def leads(logits: Floats) -> Floats:
    """By how much the better side of each row [K, 3] is before neutral."""
    sides = np.delete(logits, NEUTRAL, axis=1).max(axis=1)
    lead: Floats = sides - logits[:, NEUTRAL]
    return lead


def _evidence(piece: Piece, probabilities: Floats, text: ArticleText) -> Evidence:
    best = int(probabilities.argmax())
    span, quote = quoted(piece, text)
    return Evidence(piece.field, span, quote, list(Stance)[best], round(float(probabilities[best]), DIGITS))
