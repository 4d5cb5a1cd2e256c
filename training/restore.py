"""A shipped model's weights as a trained reader's, to learn on from: `python -m training.restore MODEL BASE OUT.pt`.

The weights are those of the integers that ship, times their scales: nothing finer is kept anywhere. Products stand transposed
in the graph, and what is stored small is expanded when the model is loaded; the names are those that the exporter took from the
reader.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from app.inference.packed import unpacked
from training.linking_data import country_codes
from training.model import Reader

_PRODUCT = re.compile(r"q_encoder_encoder_layer\.(\d+)_(attention_attn_[qkvo]|intermediate_dense|output_dense)_MatMul_w")
_PLACES = {"intermediate_dense": "intermediate.dense", "output_dense": "output.dense"} | {
    f"attention_attn_{part}": f"attention.attn.{part}" for part in "qkvo"
}
_WORDS = "encoder.embeddings.word_embeddings.weight"


def restored(folder: Path) -> dict[str, Tensor]:
    """Weights by the reader's names. Raises KeyError for a graph of another making."""
    with unpacked(folder) as path:
        stored = {item.name: numpy_helper.to_array(item) for item in onnx.load(path).graph.initializer}
    found: dict[str, np.ndarray] = {_WORDS: stored["q_words"] * stored["q_words_scale"]}
    for name, values in stored.items():
        if product := _PRODUCT.fullmatch(name):
            scaled = values.astype(np.float32) * stored[f"{name[:-1]}s"]
            found[f"encoder.encoder.layer.{product[1]}.{_PLACES[product[2]]}.weight"] = scaled.T
        elif name.endswith("_int8") and not name.startswith("additions/"):
            whole = name.removesuffix("_int8")
            found[whole] = values * stored[f"{whole}_scale"]
        elif (name.startswith(("encoder.", "heads.")) and not name.endswith("_scale")) or name == "mark":
            found[name] = values
    return {name: torch.from_numpy(np.array(values, dtype=np.float32)) for name, values in found.items()}


def reader(folder: Path, base: Path) -> Reader:
    """Raises ValueError where the graph lacks a weight of the reader."""
    model, weights = Reader(base, countries=len(country_codes())), restored(folder)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if missing or unexpected:
        raise ValueError(f"the graph lacks {missing} and has {unexpected} beside the reader's")
    return model


if __name__ == "__main__":
    torch.save(reader(Path(sys.argv[1]), Path(sys.argv[2])).state_dict(), sys.argv[3])
