"""The encoder and its heads: rows in, logits out. Which library multiplies the matrices is decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.inference.cores import usable_cores
from app.inference.encoding import Integers, Row

Floats = npt.NDArray[np.float32]
OUTPUTS = ("stance_logits", "kind_logits", "country_logits")
AUTO, ONNXRUNTIME, OPENVINO = "auto", "onnxruntime", "openvino"
# By name, so that the one that is not asked for need not be installed.
ENGINES = {ONNXRUNTIME: "app.inference.on_onnxruntime", OPENVINO: "app.inference.on_openvino"}


class EngineNotInstalled(ValueError):
    """The library that was asked for by name is an extra which is not there."""


class Session(Protocol):
    """A loaded graph."""

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Integers]) -> Sequence[Floats]:
        """The named outputs for these inputs. The arrays belong to the caller."""
        ...


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
    """`threads` 0 takes one for each core that this process may use. `name` is a library of `ENGINES`, or `auto`."""

    def __init__(self, path: Path, *, threads: int = 0, name: str = AUTO) -> None:
        """Raises EngineNotInstalled."""
        self._session = _opened(chosen(name), path, threads or usable_cores())

    def run(self, rows: Sequence[Row]) -> list[SpanLogits]:
        counts = [len(row.spans) for row in rows]
        outputs = self._session.run(OUTPUTS, collate(rows))
        cuts = np.cumsum(counts)[:-1]
        return [SpanLogits(*parts) for parts in zip(*(np.split(output, cuts) for output in outputs), strict=True)]


def chosen(name: str) -> str:
    # OpenVINO is never picked up by itself: what is installed shall not change answers (docs/decisions/0005).
    return ONNXRUNTIME if name == AUTO else name


def _opened(name: str, path: Path, threads: int) -> Session:
    try:
        module = import_module(ENGINES[name])
    except ModuleNotFoundError as error:
        raise EngineNotInstalled(f"the engine {name} is not installed: pip install 'standpoint[{name}]'") from error
    session: Session = module.open_session(path, threads=threads)
    return session


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
