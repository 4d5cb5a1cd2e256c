"""Put the heads that learnt on a finished encoder into its graph:

    python -m training.relations.attach MODEL RELATION.pt GATE.pt TOPIC.pt OUT DATA

Everything that was in the graph stays as it is, to the last bit: what the model says of stances and countries does not change.
The temperature of relations is fitted on the development part of Directed Sentiment Extraction.
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
from torch import Tensor, nn

from app.inference.encoding import TextEncoder
from app.inference.engine import RELATION_CLASSES, RELATIONS, TOPICS, VECTORS, WIDTH, Engine
from app.inference.model_folder import NEEDED
from app.inference.packed import GRAPH, unpacked
from training.claims.calibrate import cooled
from training.data import STANCES
from training.part import part
from training.quantize import OPSET, store_small
from training.relations.items import LONGEST, items
from training.relations.model import Gate, RelationHead
from training.relations.vectors import after
from training.seal import seal
from training.topics.model import LAYERS as JUDGED
from training.topics.model import TopicHead

PREFIX = "additions/"
OUTPUTS = {RELATIONS: ("pairs", RELATION_CLASSES), VECTORS: ("batch", WIDTH), TOPICS: ("spans", len(STANCES))}
STEP = 0.45
"""Coarser than the encoder's: the heads are far from the limit of what int8 keeps, and half a megabyte counts."""


class Additions(nn.Module):
    """As they stand in the graph; each reads the token vectors [B, T, H] of a layer of its own. `relations` are heads by the
    number of layers that they read after; relations are the mean of what they say."""

    def __init__(self, relations: Mapping[int, RelationHead], gate: Gate, topic: TopicHead) -> None:
        super().__init__()
        self.layers, self.relations = tuple(relations), nn.ModuleList(relations.values())
        self.gate, self.topic = gate, topic

    def forward(
        self,
        compared: Tensor,
        judged: Tensor,
        mask: Tensor,
        row: Tensor,
        start: Tensor,
        end: Tensor,
        a: Tensor,
        b: Tensor,
        *related: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """`row`, `start` and `end` [S] are of spans, whose numbers `a` and `b` [P] are."""
        told = [head.of(tokens, mask, row, start, end, a, b) for head, tokens in zip(self.relations, related, strict=True)]
        return torch.stack(told).mean(0), self.gate(compared, mask), self.topic(judged, mask, row, start, end)


def exported(additions: Additions, path: Path) -> onnx.ModelProto:
    """A graph of its own, whose inputs have the names of `Additions.forward`."""
    related = [f"related_{layers}" for layers in additions.layers]
    names = ["compared", "judged", "mask", "row", "start", "end", "a", "b", *related]
    row, start, pairs = torch.tensor([0, 0, 1]), torch.tensor([1, 4, 2]), (torch.tensor([0, 1]), torch.tensor([1, 2]))
    read = [torch.rand(2, 9, additions.topic.key.in_features) for _ in range(2 + len(related))]
    axes = {name: {0: "batch", 1: "length"} for name in (*names[:3], *related)}
    axes |= {name: {0: "spans"} for name in ("row", "start", "end", TOPICS)}
    axes |= {name: {0: "pairs"} for name in ("a", "b", RELATIONS)}
    torch.onnx.export(
        additions.eval(),
        (*read[:2], torch.ones(2, 9, dtype=torch.long), row, start, start + 2, *pairs, *read[2:]),
        str(path),
        input_names=names,
        output_names=list(OUTPUTS),
        dynamic_axes=axes | {VECTORS: {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    found = onnx.load(path)
    store_small(found.graph, step=STEP)
    return found


def attach(model: onnx.ModelProto, added: onnx.ModelProto, places: Mapping[str, str]) -> None:
    """`places` says which name of the model each input of `added` is."""
    known = {*places, *OUTPUTS}

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
    for output, (axis, width) in OUTPUTS.items():
        model.graph.output.append(helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [axis, width]))


def detach(model: onnx.ModelProto) -> None:
    """Take out what `attach` put in before."""
    graph = model.graph
    for found, gone in (
        (graph.node, lambda node: node.name.startswith(PREFIX)),
        (graph.initializer, lambda item: item.name.startswith(PREFIX)),
        (graph.input, lambda given: given.name in ("pair_a", "pair_b")),
        (graph.output, lambda given: given.name in OUTPUTS),
    ):
        kept = [each for each in found if not gone(each)]
        del found[:]
        found.extend(kept)


def temperature(folder: Path, data: Path) -> dict[str, object]:
    """Of relations, on development data, by the graph as it ships."""
    found = list(items(data / "relations-dse-dev.jsonl", TextEncoder(folder / "tokenizer.json", max_tokens=LONGEST)))
    with unpacked(folder) as path:
        engine = Engine(path)
        logits = np.concatenate([engine.run([item.row])[0].relation for item in found])
    return cooled(logits, np.array([item.label for item in found]))


def main(source: Path, relation: Path, gate: Path, topic: Path, out: Path, data: Path) -> None:
    kept, judging, relations = torch.load(gate), TopicHead(), {}
    judging.load_state_dict(torch.load(topic))
    for layers, state in torch.load(relation).items():
        relations[layers] = RelationHead()
        relations[layers].load_state_dict(state)
    additions = Additions(relations, Gate(kept["state"]["mean"], kept["state"]["turn"]), judging)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, unpacked(source) as graph:
        model = onnx.load(graph)
        detach(model)
        places = {"compared": after(kept["layers"]), "judged": after(JUDGED), "mask": "attention_mask"}
        places |= {f"related_{layers}": after(layers) for layers in relations}
        places |= {"row": "span_row", "start": "span_start", "end": "span_end", "a": "pair_a", "b": "pair_b"}
        attach(model, exported(additions, Path(scratch) / "additions.onnx"), places)
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
