"""The encoder and its heads on onnxruntime: rows in, logits out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from app.inference.encoding import Integers, Row

Floats = npt.NDArray[np.float32]
OUTPUTS = ("stance_logits", "kind_logits", "country_logits")
SLOWER = ["SkipLayerNormFusion"]
"""What ONNX Runtime would fuse on loading and then run more slowly than the parts: docs/decisions/0006."""


@dataclass(frozen=True, slots=True)
class SpanLogits:
    """Raw scores of a row's spans: stance [S, 3], kind [S, 6], country [S, C]."""

    stance: Floats
    kind: Floats
    country: Floats

    @classmethod
    def join(cls, parts: Sequence[SpanLogits]) -> SpanLogits:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


class Engine:
    """May be run by several threads at once, each on its own core: docs/decisions/0037-one-batch-a-core.md."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        # A plan of memory for every shape of a batch that ever came is no faster here, and each new one takes another piece:
        # after 80 articles 432 MB and growing with plans, 379 MB and level without.
        options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER
        )

    def run(self, rows: Sequence[Row]) -> list[SpanLogits]:
        counts = [len(row.spans) for row in rows]
        outputs = self._session.run(OUTPUTS, collate(rows))
        cuts = np.cumsum(counts)[:-1]
        return [SpanLogits(*parts) for parts in zip(*(np.split(output, cuts) for output in outputs), strict=True)]


def collate(rows: Sequence[Row]) -> dict[str, Integers]:
    """The session's inputs. Rows are padded to the longest; the mask hides what is added."""
    shape = len(rows), max(map(len, rows))
    ids, mask, marks = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for index, row in enumerate(rows):
        ids[index, : len(row)], mask[index, : len(row)], marks[index, : len(row)] = row.ids, 1, row.marks
    spans = np.concatenate([row.spans for row in rows])
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": marks,
        "span_row": np.repeat(np.arange(len(rows)), [len(row.spans) for row in rows]),
        "span_start": np.ascontiguousarray(spans[:, 0]),
        "span_end": np.ascontiguousarray(spans[:, 1]),
    }
