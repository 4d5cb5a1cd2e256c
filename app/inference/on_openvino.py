"""The same graph on OpenVINO, which the extra of this name installs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import openvino

from app.inference.encoding import Integers
from app.inference.engine import Floats, Session

# Its just-in-time attention rounds by the shape of the whole batch, and int8 products magnify that: a passage was judged
# differently among others than alone. Without it the answers are equal to the last bit (tests/inference/test_engine.py).
SAME_ALONE_AND_AMONG_OTHERS = {"SNIPPETS_MODE": "DISABLE"}


class OpenVinoSession:
    def __init__(self, path: Path, *, threads: int, **properties: object) -> None:
        """`properties` are OpenVINO's own, for measuring."""
        options = {
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
            **SAME_ALONE_AND_AMONG_OTHERS,
            **properties,
        }
        self._model = openvino.Core().compile_model(path, "CPU", options)
        self._request = self._model.create_infer_request()

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Integers]) -> list[Floats]:
        found = self._request.infer(dict(inputs))
        # The request keeps its buffers and writes the next answer into them.
        return [np.array(found[self._model.output(name)]) for name in outputs]


def open_session(path: Path, *, threads: int) -> Session:
    return OpenVinoSession(path, threads=threads)
