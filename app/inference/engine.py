"""The encoder and its heads on onnxruntime: rows in, logits out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from app.domain.values import Stance
from app.inference.encoding import Integers, Row

Floats = npt.NDArray[np.float32]
OUTPUTS = ("stance_logits", "kind_logits", "country_logits")
RELATIONS, VECTORS, TOPICS = "relation_logits", "passage_vectors", "topic_logits"
"""What models older than these outputs do not have: they say nothing of relations, cannot be compared with claims, and judge
topics, if at all, as they judge what a text names."""
RELATION_CLASSES, WIDTH = 5, 64
PAIRS = 256
"""Of one pass of the graph: each takes some 300 KB, and a sentence that lists a hundred countries has five thousand."""
TURNED = [0, 3, 4, 1, 2]
"""The class of each relation when its spans change places."""
SLOWER = ["SkipLayerNormFusion"]
"""What ONNX Runtime would fuse on loading and then run more slowly than the parts: docs/decisions/0006."""


@dataclass(frozen=True, slots=True)
class SpanLogits:
    """Raw scores of a row's spans: stance [S, 3], kind [S, 6], country [S, C]; of its pairs: relation [P, 5]; and the vectors of
    its passages [R, 64], each of length 1; and of spans that are topics: stance [S, 3]. Of these three none where the model has
    no such head."""

    stance: Floats
    kind: Floats
    country: Floats
    relation: Floats = field(default_factory=lambda: np.zeros((0, RELATION_CLASSES), dtype=np.float32))
    vectors: Floats = field(default_factory=lambda: np.zeros((0, WIDTH), dtype=np.float32))
    topic: Floats = field(default_factory=lambda: np.zeros((0, len(Stance)), dtype=np.float32))

    @property
    def toward_topics(self) -> Floats:
        """Stance [S, 3] of spans that are topics."""
        return self.topic if len(self.topic) else self.stance

    @classmethod
    def join(cls, parts: Sequence[SpanLogits]) -> SpanLogits:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


class Engine:
    """May be run by several threads at once, each on its own core: docs/decisions/0037-one-batch-a-core.md."""

    def __init__(self, path: Path) -> None:
        self._session = session(path)
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._outputs = [found.name for found in self._session.get_outputs()]

    @property
    def tells_relations(self) -> bool:
        return RELATIONS in self._outputs

    @property
    def makes_vectors(self) -> bool:
        return VECTORS in self._outputs

    def run(self, rows: Sequence[Row]) -> list[SpanLogits]:
        """A relation's logits are the mean of what the head says of the pair in either order: docs/decisions/0051. A row with
        more pairs than fit into a pass goes through several."""
        parts = [_divided(row) for row in rows]
        said = [one for group in _groups([part for row in parts for part in row]) for one in self._run(group)]
        ends = np.cumsum([len(row) for row in parts])
        return [_together(said[end - len(row) : end]) for row, end in zip(parts, ends, strict=True)]

    def _run(self, rows: Sequence[Row]) -> list[SpanLogits]:
        made = collate(rows)
        a, b = made["pair_a"], made["pair_b"]
        made |= {"pair_a": np.concatenate([a, b]), "pair_b": np.concatenate([b, a])}
        inputs = {name: values for name, values in made.items() if name in self._inputs}
        outputs = dict(zip(self._outputs, self._session.run(self._outputs, inputs), strict=True))
        spans = np.cumsum([len(row.spans) for row in rows])
        pairs = np.cumsum([len(row.pairs) for row in rows])
        shares = {name: np.split(outputs[name][: spans[-1]], spans[:-1]) for name in (*OUTPUTS, TOPICS) if name in outputs}
        if RELATIONS in outputs:
            forward, backward = np.split(outputs[RELATIONS], 2)
            shares[RELATIONS] = np.split((forward + backward[:, TURNED])[: pairs[-1]] / 2, pairs[:-1])
        if VECTORS in outputs:
            shares[VECTORS] = np.split(outputs[VECTORS], len(rows))
        named = {_FIELDS[name]: parts for name, parts in shares.items()}
        return [SpanLogits(**dict(zip(named, parts, strict=True))) for parts in zip(*named.values(), strict=True)]


_FIELDS = dict(zip((*OUTPUTS, RELATIONS, VECTORS, TOPICS), SpanLogits.__slots__, strict=True))


def _divided(row: Row) -> Sequence[Row]:
    """The row once for each PAIRS of its pairs."""
    if len(row.pairs) <= PAIRS:
        return [row]
    return [replace(row, pairs=row.pairs[first : first + PAIRS]) for first in range(0, len(row.pairs), PAIRS)]


def _groups(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Neighbours with at most PAIRS pairs together."""
    group: list[Row] = []
    count = 0
    for row in rows:
        if group and count + len(row.pairs) > PAIRS:
            yield group
            group, count = [], 0
        group.append(row)
        count += len(row.pairs)
    yield group


def _together(parts: Sequence[SpanLogits]) -> SpanLogits:
    """Of parts of one row, which differ in their pairs alone."""
    if len(parts) == 1:
        return parts[0]
    return replace(parts[0], relation=np.concatenate([part.relation for part in parts]))


def session(path: Path) -> onnxruntime.InferenceSession:
    """One that computes in the thread that calls it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # A plan of memory for every shape of a batch that ever came is no faster here, and each new one takes another piece:
    # after 80 articles 432 MB and growing with plans, 379 MB and level without.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER)


def collate(rows: Sequence[Row]) -> dict[str, Integers]:
    """The session's inputs. Rows are padded to the longest; the mask hides what is added."""
    shape = len(rows), max(map(len, rows))
    ids, mask, marks = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for index, row in enumerate(rows):
        ids[index, : len(row)], mask[index, : len(row)], marks[index, : len(row)] = row.ids, 1, row.marks
    spans = _at_least_one(np.concatenate([row.spans for row in rows]), last=1)
    first = np.cumsum([0, *(len(row.spans) for row in rows[:-1])])
    pairs = _at_least_one(np.concatenate([row.pairs + start for row, start in zip(rows, first, strict=True)]), last=0)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": marks,
        "span_row": _at_least_one(np.repeat(np.arange(len(rows)), [len(row.spans) for row in rows]), last=0),
        "span_start": np.ascontiguousarray(spans[:, 0]),
        "span_end": np.ascontiguousarray(spans[:, 1]),
        "pair_a": np.ascontiguousarray(pairs[:, 0]),
        "pair_b": np.ascontiguousarray(pairs[:, 1]),
    }


def _at_least_one(values: Integers, *, last: int) -> Integers:
    """The graph computes for one span and one pair at least; what it says of these is thrown away."""
    if len(values):
        return values
    padding = np.zeros((1, *values.shape[1:]), dtype=np.int64)
    padding[..., -1] = last
    return padding
