"""VAST's comments as the service reads them for their topics: the same passages, rows and encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.calibration import scaled
from app.inference.drafting import Drafter, DraftField
from app.inference.encoding import Row
from app.inference.engine import SpanLogits
from app.inference.gazetteer import Gazetteer
from app.inference.offline import Task, answers_of
from app.inference.topics import TopicRule, leads
from training.data import STANCES
from training.data import rows as lines
from training.metrics import Floats, Labels


@dataclass(frozen=True, slots=True)
class Comment:
    text: str
    topic: str
    label: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Of each comment the stance logits [K, 3] of its passages; and what they are by hand [N]."""

    logits: Sequence[Floats]
    gold: Labels

    def pooled(self, sharpness: float) -> Floats:
        """Logits [N, 3] of whole comments before calibration."""
        return np.stack([_mean(each, sharpness) for each in self.logits])

    def probabilities(self, rule: TopicRule) -> Floats:
        """[N, 3], as the service says them."""
        return scaled(self.pooled(rule.sharpness), rule.scaling)


def comments(data: Path, part: str) -> list[Comment]:
    """`train`, `dev` or `test`."""
    found = lines(data / f"topics-vast-{part}.jsonl")
    return [Comment(row["text"], row["target"], STANCES.index(row["label"])) for row in found]


def heard(annotator: TransformerAnnotator, found: Sequence[Comment]) -> Heard:
    """All judged as topics, also where the text happens to name them."""
    most = (annotator.folder.config.topics or TopicRule()).most
    drafter = Drafter(Gazetteer.load(annotator.folder.file("gazetteer.tsv")), annotator.encoder, topics=most)
    return Heard(
        list(answers_of(annotator, (Task(rows, _stances) for rows in rows_of(drafter, found)))),
        np.array([one.label for one in found]),
    )


def rows_of(drafter: Drafter, found: Sequence[Comment]) -> Iterator[Sequence[Row]]:
    """Of each comment what the encoder is shown."""

    @lru_cache(maxsize=1)
    def fields(text: str) -> Sequence[DraftField]:
        """The comments of one text stand side by side."""
        return drafter.draft(ArticleText(text), language="en").fields

    for one in found:
        (topic,) = drafter.topics(fields(one.text), [one.topic])
        yield topic.rows


def _stances(outputs: Sequence[SpanLogits]) -> Floats:
    return np.concatenate([output.toward_topics for output in outputs]).astype(np.float64)


def _mean(logits: Floats, sharpness: float) -> Floats:
    weights = np.exp(sharpness * (leads(logits) - leads(logits).max()))
    mean: Floats = weights @ logits / weights.sum()
    return mean
