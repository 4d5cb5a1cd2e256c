"""Runs in the rivals' environment: bare matrix products of the encoder's shapes, int8 on onnxruntime and bf16 on torch.

python limit.py TOKENS THREADS ROUNDS prints {"int8": operations a second, "bf16": ..., "operations": of one token}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

# Inner size, outer size, and how many there are in six layers of MPNet.
SHAPES = ((768, 768, 24), (768, 3072, 6), (3072, 768, 6))
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


def bf16(tokens: int, inner: int, outer: int) -> Callable[[], object]:
    left, right = torch.randn(tokens, inner).bfloat16(), torch.randn(inner, outer).bfloat16()
    return lambda: torch.mm(left, right)


def fastest(run: Callable[[], object], rounds: int) -> float:
    run()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main(tokens: int, threads: int, rounds: int) -> None:
    torch.set_num_threads(threads)
    whole = tokens * OPERATIONS
    eight = sum(count * fastest(int8(tokens, inner, outer, threads), rounds) for inner, outer, count in SHAPES)
    sixteen = sum(count * fastest(bf16(tokens, inner, outer), rounds) for inner, outer, count in SHAPES)
    print(json.dumps({"int8": whole / eight, "bf16": whole / sixteen, "operations": OPERATIONS}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
