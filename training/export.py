"""Write a trained reader as a model folder: `python -m training.export --base MODEL --weights average.pt --out FOLDER`.

The graph is exported in float and fused; then its encoder's products and its word vectors become int8 (see quantize.py), and
what is slower fused than in parts is taken apart (see unfuse.py), and the weights are packed (see part.py).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers.models.mpnet.modeling_mpnet import MPNetSelfAttention

from training.data import KINDS, STANCES
from training.linking_data import country_codes
from training.model import Reader
from training.part import part
from training.quantize import WORD_STEP, quantize
from training.unfuse import unfuse

INPUTS = ("input_ids", "attention_mask", "token_type_ids", "span_row", "span_start", "span_end")
OUTPUTS = ("stance_logits", "kind_logits", "country_logits")


class FusedAttention(torch.autograd.Function):
    """Attention with an additive bias as ONNX Runtime's own operator, which the optimizer does not find in MPNet's graph."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, bias: Tensor, heads: int) -> Tensor:
        def by_head(vectors: Tensor) -> Tensor:
            return vectors.reshape(*vectors.shape[:2], heads, -1).transpose(1, 2)

        found = scaled_dot_product_attention(by_head(query), by_head(key), by_head(value), attn_mask=bias)
        return found.transpose(1, 2).reshape(query.shape)

    @staticmethod
    def symbolic(graph: Any, query: Any, key: Any, value: Any, bias: Any, heads: int) -> Any:
        none = graph.op("prim::Constant")
        none.setType(torch._C.OptionalType.ofTensor())
        found = graph.op("com.microsoft::MultiHeadAttention", query, key, value, none, none, bias, num_heads_i=heads)
        found.setType(query.type())
        return found


def _attend(
    self: MPNetSelfAttention, hidden_states: Tensor, attention_mask: Tensor, position_bias: Tensor, **_: Any
) -> tuple[Tensor]:
    bias = position_bias + attention_mask
    query, key, value = self.q(hidden_states), self.k(hidden_states), self.v(hidden_states)
    return (self.o(FusedAttention.apply(query, key, value, bias, self.num_attention_heads)),)


def example_inputs() -> tuple[torch.Tensor, ...]:
    ids = torch.randint(5, 1000, (3, 17))
    mask = torch.ones_like(ids)
    mask[2, 11:] = 0
    row, start = torch.tensor([0, 0, 1, 2]), torch.tensor([1, 4, 2, 3])
    return ids, mask, torch.zeros_like(ids), row, start, start + 2


def export_float(model: Reader, path: Path) -> None:
    MPNetSelfAttention.forward = _attend
    axes = {name: {0: "batch", 1: "length"} for name in INPUTS[:3]} | {name: {0: "spans"} for name in (*INPUTS[3:], *OUTPUTS)}
    torch.onnx.export(
        model.eval(),
        example_inputs(),
        str(path),
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_axes=axes,
        opset_version=17,
        custom_opsets={"com.microsoft": 1},
        dynamo=False,
    )


def fuse(source: Path, target: Path, *, heads: int, hidden: int) -> None:
    """Merge attention, layer normalisation and activations into ONNX Runtime's own operators."""
    options = FusionOptions("bert")
    options.use_multi_head_attention = True
    fused = optimize_model(str(source), model_type="bert", num_heads=heads, hidden_size=hidden, optimization_options=options)
    fused.save_model_to_file(str(target))


def export_fused(model: Reader, path: Path) -> None:
    raw, shape = path.with_name("raw.onnx"), model.encoder.config
    export_float(model, raw)
    fuse(raw, path, heads=shape.num_attention_heads, hidden=shape.hidden_size)


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
        "calibration": {},
        # Below a half a judgement would be wrong more often than right.
        "undecided_below": 0.5,
        "link": {},
        # The best of the fixed rules on PerSenT's development part (see the model card).
        "aggregation": {"rule": "strongest"},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float-out", type=Path, help="where to keep the float graph, for comparison")
    parser.add_argument("--unrounded", type=Path, help="weights of the float graph, where those that ship are rounded already")
    parser.add_argument("--word-step", type=float, default=WORD_STEP, help="of a word vector's standard deviation")
    parser.add_argument("--layers", type=lambda text: tuple(map(int, text.split(","))))
    parser.add_argument("--inner", type=int)
    parser.add_argument("--name", default="standpoint-en")
    parser.add_argument("--max-tokens", type=int, default=128)
    arguments = parser.parse_args()
    model = Reader(arguments.base, countries=len(country_codes()), layers=arguments.layers, inner=arguments.inner)
    state = torch.load(arguments.weights)
    model.load_state_dict(state.get("reader", state))
    steps = {name: scale.numpy() for name, scale in state["steps"].items()} if "steps" in state else None
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        fused = Path(folder) / "fused.onnx"
        export_fused(model, fused)
        quantize(fused, Path(folder) / "int8.onnx", steps=steps, word_step=arguments.word_step)
        unfuse(Path(folder) / "int8.onnx", Path(folder) / "apart.onnx")
        part(Path(folder) / "apart.onnx", arguments.out)
        if arguments.float_out:
            if arguments.unrounded:
                model.load_state_dict(torch.load(arguments.unrounded))
                export_fused(model, fused)
            shutil.copy(fused, arguments.float_out)
    save_tokenizer(arguments.base, arguments.out / "tokenizer.json")
    path = arguments.out / "config.json"
    if not path.exists():
        path.write_text(json.dumps(config(arguments.name, arguments.max_tokens), indent=1) + "\n")


if __name__ == "__main__":
    main()
