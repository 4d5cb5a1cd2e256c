"""The pair model on onnxruntime: rows in, logits out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.inference.claims.encoding import PairRow
from app.inference.encoding import Integers
from app.inference.engine import Floats, session


class PairEngine:
    """May be run by several threads at once, each on its own core."""

    def __init__(self, path: Path) -> None:
        self._session = session(path)

    def run(self, rows: Sequence[PairRow]) -> list[Floats]:
        """Logits [8] of each: agree, disagree, discuss, unrelated; three that nobody reads; how much the passage says."""
        (logits,) = self._session.run(["logits"], collate(rows))
        return list(logits)


def collate(rows: Sequence[PairRow]) -> dict[str, Integers]:
    """The session's inputs. Rows are padded to the longest; the mask hides what is added."""
    shape = len(rows), max(map(len, rows))
    ids, mask, types = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for index, row in enumerate(rows):
        ids[index, : len(row)], mask[index, : len(row)], types[index, row.border : len(row)] = row.ids, 1, 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
