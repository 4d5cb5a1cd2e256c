"""Write a trained reader as a model folder: `python -m training.export --base MODEL --weights average.pt --out FOLDER`.

The graph is exported in float, its encoder's matrix products and word vectors are then quantised to int8 with one scale a channel.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from training.data import KINDS, STANCES
from training.linking_data import country_codes
from training.model import Reader

INPUTS = ("input_ids", "attention_mask", "token_type_ids", "span_row", "span_start", "span_end")
OUTPUTS = ("stance_logits", "kind_logits", "country_logits")


def example_inputs() -> tuple[torch.Tensor, ...]:
    ids = torch.randint(5, 1000, (3, 17))
    mask = torch.ones_like(ids)
    mask[2, 11:] = 0
    row, start = torch.tensor([0, 0, 1, 2]), torch.tensor([1, 4, 2, 3])
    return ids, mask, torch.zeros_like(ids), row, start, start + 2


def export_float(model: Reader, path: Path) -> None:
    axes = {name: {0: "batch", 1: "length"} for name in INPUTS[:3]} | {name: {0: "spans"} for name in (*INPUTS[3:], *OUTPUTS)}
    torch.onnx.export(
        model.eval(),
        example_inputs(),
        str(path),
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )


def quantize(source: Path, target: Path) -> None:
    """Heads stay in float: they are a hundredth of the work and decide the answer."""
    graph = onnx.load(source).graph
    heads = [node.name for node in graph.node if "/heads/" in node.name]
    quantize_dynamic(
        source,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        nodes_to_exclude=heads,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
    )


def save_tokenizer(base: Path, target: Path) -> None:
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target))


def config(name: str, max_tokens: int) -> dict:
    return {
        "name": name,
        "languages": ["en"],
        "max_tokens": max_tokens,
        "stances": list(STANCES),
        "kinds": list(KINDS),
        "countries": country_codes(),
        "stance_temperature": 1.0,
        "undecided_below": 0.0,
        "link": {},
        "aggregation": {},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float-out", type=Path, help="where to keep the float graph, for comparison")
    parser.add_argument("--layers", type=lambda text: tuple(map(int, text.split(","))))
    parser.add_argument("--name", default="standpoint-en")
    parser.add_argument("--max-tokens", type=int, default=256)
    arguments = parser.parse_args()
    model = Reader(arguments.base, countries=len(country_codes()), layers=arguments.layers)
    model.load_state_dict(torch.load(arguments.weights))
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "model.onnx"
        export_float(model, raw)
        quantize(raw, arguments.out / "model.onnx")
        if arguments.float_out:
            shutil.copy(raw, arguments.float_out)
    save_tokenizer(arguments.base, arguments.out / "tokenizer.json")
    path = arguments.out / "config.json"
    if not path.exists():
        path.write_text(json.dumps(config(arguments.name, arguments.max_tokens), indent=1) + "\n")


if __name__ == "__main__":
    main()
