"""Put the relation head and the gate into a model's graph: `python -m training.relations.attach MODEL WEIGHTS.pt GATE.pt OUT`.

WEIGHTS.pt is what training/joint or training/rounding wrote. Everything that was in the graph stays as it is, to the last bit:
what the model says of stances and countries does not change. The temperature of relations is fitted on the development part of
Directed Sentiment Extraction.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper

from app.inference.encoding import TextEncoder
from app.inference.engine import RELATION_CLASSES, RELATIONS, VECTORS, WIDTH, Engine
from app.inference.model_folder import NEEDED
from app.inference.packed import GRAPH, unpacked
from training.claims.calibrate import cooled
from training.joint.model import TAP
from training.part import part
from training.quantize import store_small
from training.relations.items import LONGEST, items
from training.relations.model import Additions, Gate, RelationHead
from training.relations.vectors import after
from training.seal import seal

PREFIX = "additions/"
STEP = 0.25
"""Twice the encoder's: the head is far from the limit of what int8 keeps, and half a megabyte counts."""


def exported(head: RelationHead, gate: Gate, path: Path) -> onnx.ModelProto:
    """A graph of its own, whose inputs have the names of `Additions.forward`."""
    names = ["tapped", "tokens", "mask", "row", "start", "end", "a", "b"]
    row, start, pairs = torch.tensor([0, 0, 1]), torch.tensor([1, 4, 2]), (torch.tensor([0, 1]), torch.tensor([1, 2]))
    hidden = head.key.in_features
    inputs = (torch.rand(2, 9, hidden), torch.rand(2, 9, hidden), torch.ones(2, 9, dtype=torch.long), row, start, start + 2)
    axes = {name: {0: "batch", 1: "length"} for name in ("tapped", "tokens", "mask")}
    axes |= {name: {0: "spans"} for name in ("row", "start", "end")} | {name: {0: "pairs"} for name in ("a", "b")}
    torch.onnx.export(
        Additions(head, gate).eval(),
        (*inputs, *pairs),
        str(path),
        input_names=names,
        output_names=[RELATIONS, VECTORS],
        dynamic_axes=axes | {RELATIONS: {0: "pairs"}, VECTORS: {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    found = onnx.load(path)
    store_small(found.graph, step=STEP)
    return found


def attach(model: onnx.ModelProto, added: onnx.ModelProto, places: Mapping[str, str]) -> None:
    """`places` says which name of the model each input of `added` is."""
    known = {*places, RELATIONS, VECTORS}

    def name(given: str) -> str:
        return places.get(given, given if given in known or not given else PREFIX + given)

    for node in added.graph.node:
        node.name = PREFIX + node.name
        node.input[:] = [name(one) for one in node.input]
        node.output[:] = [name(one) for one in node.output]
        model.graph.node.append(node)
    for item in added.graph.initializer:
        item.name = name(item.name)
        model.graph.initializer.append(item)
    for pair in ("pair_a", "pair_b"):
        model.graph.input.append(helper.make_tensor_value_info(pair, onnx.TensorProto.INT64, ["pairs"]))
    for output, axis, width in ((RELATIONS, "pairs", RELATION_CLASSES), (VECTORS, "batch", WIDTH)):
        model.graph.output.append(helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [axis, width]))


def temperature(folder: Path, data: Path) -> dict[str, object]:
    """Of relations, on development data, by the graph as it ships."""
    found = list(items(data / "relations-dse-dev.jsonl", TextEncoder(folder / "tokenizer.json", max_tokens=LONGEST)))
    with unpacked(folder) as path:
        engine = Engine(path)
        logits = np.concatenate([engine.run([item.row])[0].relation for item in found])
    return cooled(logits, np.array([item.label for item in found]))


def main(source: Path, weights: Path, gate_path: Path, out: Path, data: Path) -> None:
    head, kept = RelationHead(), torch.load(gate_path)
    head.load_state_dict(torch.load(weights)["relation"])
    gate = Gate(kept["state"]["mean"], kept["state"]["turn"])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, unpacked(source) as graph:
        model = onnx.load(graph)
        places = {"tapped": after(TAP), "tokens": after(kept["layers"]), "mask": "attention_mask", "row": "span_row"}
        places |= {"start": "span_start", "end": "span_end", "a": "pair_a", "b": "pair_b"}
        attach(model, exported(head, gate, Path(scratch) / "additions.onnx"), places)
        onnx.save(model, Path(scratch) / GRAPH)
        part(Path(scratch) / GRAPH, out)
    for name in NEEDED:
        if name != GRAPH:
            shutil.copy(source / name, out / name)
    config = json.loads((out / "config.json").read_text())
    config |= {"relations": temperature(out, data), "gate": kept["least"]}
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    print(seal(out))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
