"""The engine of the base install."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from app.inference.engine import Session

# onnxruntime would join an addition and the normalisation behind it into an operator which it runs ten times slower on a CPU.
SLOWER_THAN_THEIR_PARTS = ["SkipLayerNormFusion"]


def open_session(path: Path, *, threads: int) -> Session:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin while they wait for each other take the cores from whatever else runs: on two cores with other
    # work beside it the engine was twice as fast without, and an idle one uses none.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: Session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER_THAN_THEIR_PARTS
    )
    return session
