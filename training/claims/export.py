"""Write a trained pair encoder as a model folder: `python -m training.claims.export --base MODEL --weights PT --out FOLDER`.

By the steps of training/export.py: exported in float, fused, quantised, taken apart, packed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers.models.bert.modeling_bert import BertSelfAttention

from training.claims.data import CLAIMS
from training.claims.model import PairEncoder
from training.data import STANCES
from training.export import FusedAttention, fuse, save_tokenizer
from training.part import part
from training.quantize import quantize
from training.unfuse import unfuse

INPUTS, OUTPUT = ("input_ids", "attention_mask", "token_type_ids"), "logits"
NAME = "standpoint-claims-en"


def _attend(self: BertSelfAttention, hidden_states: Tensor, attention_mask: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
    query, key, value = self.query(hidden_states), self.key(hidden_states), self.value(hidden_states)
    return FusedAttention.apply(query, key, value, attention_mask, self.num_attention_heads), None


def export_float(model: PairEncoder, path: Path) -> None:
    BertSelfAttention.forward = _attend
    ids = torch.randint(1000, 2000, (3, 17))
    mask = torch.ones_like(ids)
    mask[2, 11:] = 0
    types = torch.zeros_like(ids)
    types[:, 5:] = 1
    torch.onnx.export(
        model.eval(),
        (ids, mask, types * mask),
        str(path),
        input_names=list(INPUTS),
        output_names=[OUTPUT],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in INPUTS} | {OUTPUT: {0: "batch"}},
        opset_version=17,
        custom_opsets={"com.microsoft": 1},
        dynamo=False,
    )


def config() -> dict[str, Any]:
    plain = {"claims": {"bias": [0.0] * len(CLAIMS)}, "topics": {"bias": [0.0] * len(STANCES)}}
    return {"name": NAME, "languages": ["en"], "claims": list(CLAIMS), "topics": list(STANCES), "calibration": plain}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float-out", type=Path, help="where to keep the float graph, for comparison")
    arguments = parser.parse_args()
    model = PairEncoder(arguments.base)
    model.load_state_dict(torch.load(arguments.weights))
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        raw, fused, small, apart = (Path(folder) / f"{name}.onnx" for name in ("raw", "fused", "int8", "apart"))
        export_float(model, raw)
        shape = model.encoder.config
        fuse(raw, fused, heads=shape.num_attention_heads, hidden=shape.hidden_size)
        # The head's products are a hundredth of the work and stay in float.
        quantize(fused, small, keep="/body/")
        unfuse(small, apart)
        part(apart, arguments.out)
        if arguments.float_out:
            shutil.copy(fused, arguments.float_out)
    save_tokenizer(arguments.base, arguments.out / "tokenizer.json")
    path = arguments.out / "config.json"
    if not path.exists():
        path.write_text(json.dumps(config(), indent=1) + "\n")


if __name__ == "__main__":
    main()
