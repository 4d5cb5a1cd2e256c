"""Runs in the rivals' environment: bare matrix products of the encoder's shapes in several precisions.

python limit.py TOKENS THREADS ROUNDS prints one JSON object: operations a second of each kind, and "operations" of one token.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

# Inner size, outer size, and how many there are in the shipped model's layers of MPNet.
LAYERS = 12
SHAPES = ((768, 768, 4 * LAYERS), (768, 3072, LAYERS), (3072, 768, LAYERS))
EACH = "int8 onnxruntime, a product a core"
OPERATIONS = sum(2 * inner * outer * count for inner, outer, count in SHAPES)


def session(inner: int, outer: int, threads: int) -> onnxruntime.InferenceSession:
    generator = np.random.default_rng(0)
    weight = numpy_helper.from_array(generator.integers(-127, 128, (inner, outer), dtype=np.int8), "w")
    constants = [
        weight,
        numpy_helper.from_array(np.array(1, np.float32), "one"),
        numpy_helper.from_array(np.ones(outer, np.float32), "s"),
        numpy_helper.from_array(np.array(128, np.uint8), "z"),
    ]
    node = helper.make_node("MatMulIntegerToFloat", ["x", "w", "one", "s", "z"], ["y"], domain="com.microsoft")
    x = helper.make_tensor_value_info("x", TensorProto.UINT8, ["n", inner])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", outer])
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(helper.make_graph([node], "product", [x], [y], constants), opset_imports=opsets, ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def int8(tokens: int, inner: int, outer: int, threads: int) -> Callable[[], object]:
    product = session(inner, outer, threads)
    inputs = {"x": np.random.default_rng(1).integers(0, 256, (tokens, inner), dtype=np.uint8)}
    return lambda: product.run(None, inputs)


def int8_each(tokens: int, inner: int, outer: int, threads: int) -> Callable[[], object]:
    """As the service runs it: so many threads, each with all the tokens and a product of its own."""
    product, pool = session(inner, outer, 1), ThreadPoolExecutor(threads)
    inputs = {"x": np.random.default_rng(1).integers(0, 256, (tokens, inner), dtype=np.uint8)}
    return lambda: list(pool.map(lambda _: product.run(None, inputs), range(threads)))


def products(tokens: int, inner: int, outer: int, kind: torch.dtype) -> Callable[[], object]:
    left, right = torch.randn(tokens, inner).to(kind), torch.randn(inner, outer).to(kind)
    return lambda: torch.mm(left, right)


def int8_torch(tokens: int, inner: int, outer: int) -> Callable[[], object]:
    """Its dynamic quantisation, with the weights packed in advance; the activations are quantised in the measured time."""
    torch.backends.quantized.engine = "onednn"
    layer = torch.ao.nn.quantized.dynamic.Linear(inner, outer)
    given = torch.randn(tokens, inner)
    return lambda: layer(given)


def usual(run: Callable[[], object], rounds: int) -> float:
    """Seconds; not the least of them, since the engine is not measured at its luckiest moment either."""
    run()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def rate(make: Callable[[int, int], Callable[[], object]], tokens: int, rounds: int) -> float:
    """Operations a second over all products of the encoder."""
    return tokens * OPERATIONS / sum(count * usual(make(inner, outer), rounds) for inner, outer, count in SHAPES)


def main(tokens: int, threads: int, rounds: int) -> None:
    torch.set_num_threads(threads)
    kinds: dict[str, Callable[[int, int], Callable[[], object]]] = {
        "int8 onnxruntime": lambda inner, outer: int8(tokens, inner, outer, threads),
        "int8 torch": lambda inner, outer: int8_torch(tokens, inner, outer),
        "bf16 torch": lambda inner, outer: products(tokens, inner, outer, torch.bfloat16),
        "float torch": lambda inner, outer: products(tokens, inner, outer, torch.float32),
    }
    found = {name: rate(make, tokens, rounds) for name, make in kinds.items()}
    each = threads * rate(lambda inner, outer: int8_each(tokens, inner, outer, threads), tokens, rounds)
    print(json.dumps(found | {EACH: each, "operations": OPERATIONS}))


if __name__ == "__main__":
    with torch.inference_mode():
        main(*map(int, sys.argv[1:]))
