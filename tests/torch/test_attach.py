"""The heads as a graph of their own, before they are put into the model's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="make test-torch installs the torch extra")

pytest.importorskip("onnx", reason="make training-env installs what makes graphs")

import onnxruntime  # noqa: E402

from training.quantize import OPSET  # noqa: E402
from training.relations.attach import OUTPUTS, Additions, exported  # noqa: E402
from training.relations.model import Gate, RelationHead  # noqa: E402
from training.topics.model import TopicHead  # noqa: E402


def test_relations_are_the_mean_of_heads_that_read_several_layers(tmp_path: Path) -> None:
    torch.manual_seed(1)
    additions = Additions(
        {8: RelationHead(), 12: RelationHead()}, Gate(torch.zeros(768), torch.randn(768, 64)), TopicHead()
    ).eval()
    graph = exported(additions, tmp_path / "additions.onnx")
    # Operators of another version would not load in the graph that they are put into.
    assert {domain.domain: domain.version for domain in graph.opset_import}[""] == OPSET
    running = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    tokens = {name: np.random.default_rng(3).normal(size=(2, 11, 768)).astype(np.float32) for name in ("compared", "judged")}
    related = {
        f"related_{layers}": np.random.default_rng(layers).normal(size=(2, 11, 768)).astype(np.float32) for layers in (8, 12)
    }
    spans = {"row": [0, 0, 1, 1], "start": [1, 4, 2, 6], "end": [2, 7, 4, 8], "a": [0, 2, 1], "b": [1, 3, 0]}
    places = {name: np.array(values, dtype=np.int64) for name, values in spans.items()}
    mask = np.ones((2, 11), dtype=np.int64)
    mask[1, 9:] = 0
    given = {"mask": mask, **tokens, **places, **related}
    # The exporter keeps no input that nothing reads.
    known = {one.name for one in running.get_inputs()}
    found = dict(zip(OUTPUTS, running.run(list(OUTPUTS), {n: v for n, v in given.items() if n in known}), strict=True))
    with torch.no_grad():
        read = [torch.from_numpy(given[name]) for name in ("mask", "row", "start", "end", "a", "b")]
        heads = zip(additions.relations, related.values(), strict=True)
        told = [head.of(torch.from_numpy(layer), *read).numpy() for head, layer in heads]
    # The graph holds the matrices in steps of half a deviation.
    assert np.corrcoef(found["relation_logits"].ravel(), np.mean(told, axis=0).ravel())[0, 1] > 0.9
    assert found["relation_logits"].shape == (3, 5)
    assert found["passage_vectors"].shape == (2, 64) and found["topic_logits"].shape == (4, 3)
