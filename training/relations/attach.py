"""Put the relation head and the gate into a model's graph: `python -m training.relations.attach MODEL HEAD.pt GATE.pt OUT`.

Everything that was in the graph stays as it is, to the last bit: what the model says of stances and countries does not change.
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

from app.inference.engine import RELATION_CLASSES, RELATIONS, VECTORS, WIDTH
from app.inference.model_folder import NEEDED
from app.inference.packed import GRAPH, unpacked
from training.claims.calibrate import cooled
from training.part import part
from training.quantize import store_small
from training.relations.features import last_layer
from training.relations.model import Additions, Gate, RelationHead
from training.seal import seal

PREFIX = "additions/"
STEP = 0.25
"""Twice the encoder's: the head is far from the limit of what int8 keeps, and half a megabyte counts."""
SPANS, PASSAGES = "/heads/Div_output_0", "/heads/Div_1_output_0"
"""Names that the exporter gave to the means of the spans and of their passages: training/model.py."""


def exported(head: RelationHead, gate: Gate, path: Path) -> onnx.ModelProto:
    """A graph of its own, whose inputs have the names of `Additions.forward`."""
    names = ["tokens", "mask", "spans", "passages", "row", "a", "b"]
    spans, pairs = torch.tensor([0, 0, 1]), (torch.tensor([0, 1]), torch.tensor([1, 2]))
    hidden = head.key.in_features
    inputs = (torch.rand(2, 9, hidden), torch.ones(2, 9, dtype=torch.long), torch.rand(3, hidden), torch.rand(3, hidden), spans)
    axes = {
        "tokens": {0: "batch", 1: "length"},
        "mask": {0: "batch", 1: "length"},
        RELATIONS: {0: "pairs"},
        VECTORS: {0: "batch"},
    }
    axes |= {name: {0: "spans"} for name in ("spans", "passages", "row")} | {name: {0: "pairs"} for name in ("a", "b")}
    torch.onnx.export(
        Additions(head, gate).eval(),
        (*inputs, *pairs),
        str(path),
        input_names=names,
        output_names=[RELATIONS, VECTORS],
        dynamic_axes=axes,
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


def main(source: Path, head_path: Path, gate_path: Path, out: Path) -> None:
    head, kept = RelationHead(), torch.load(gate_path)
    head.load_state_dict(torch.load(head_path))
    gate = Gate(kept["state"]["mean"], kept["state"]["turn"])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, unpacked(source) as graph:
        model = onnx.load(graph)
        places = {"tokens": last_layer(model), "mask": "attention_mask", "spans": SPANS, "passages": PASSAGES, "row": "span_row"}
        added = exported(head, gate, Path(scratch) / "additions.onnx")
        attach(model, added, places | {"a": "pair_a", "b": "pair_b"})
        onnx.save(model, Path(scratch) / GRAPH)
        part(Path(scratch) / GRAPH, out)
    for name in NEEDED:
        if name != GRAPH:
            shutil.copy(source / name, out / name)
    config = json.loads((out / "config.json").read_text())
    dev = np.load(head_path.parent / "dev.npz")
    config |= {"relations": cooled(dev["logits"], dev["labels"]), "gate": kept["least"]}
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    print(seal(out))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
