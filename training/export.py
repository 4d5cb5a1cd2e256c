"""Write a trained reader as a model folder: `python -m training.export --base MODEL --weights average.pt --out FOLDER`.

The graph is exported in float and fused; its encoder's matrix products and word vectors are then quantised to int8 (see quantize.py).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import torch
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from tokenizers import Tokenizer

from training.data import KINDS, STANCES
from training.linking_data import country_codes
from training.model import Reader
from training.quantize import quantize

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


def fuse(source: Path, target: Path, *, heads: int, hidden: int) -> None:
    """Merge attention, layer normalisation and activations into ONNX Runtime's own operators."""
    options = FusionOptions("bert")
    options.use_multi_head_attention = True
    fused = optimize_model(str(source), model_type="bert", num_heads=heads, hidden_size=hidden, optimization_options=options)
    fused.save_model_to_file(str(target))


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
        raw, fused = Path(folder) / "raw.onnx", Path(folder) / "fused.onnx"
        export_float(model, raw)
        fuse(raw, fused, heads=model.encoder.config.num_attention_heads, hidden=model.encoder.config.hidden_size)
        quantize(fused, arguments.out / "model.onnx")
        if arguments.float_out:
            shutil.copy(fused, arguments.float_out)
    save_tokenizer(arguments.base, arguments.out / "tokenizer.json")
    path = arguments.out / "config.json"
    if not path.exists():
        path.write_text(json.dumps(config(arguments.name, arguments.max_tokens), indent=1) + "\n")


if __name__ == "__main__":
    main()
