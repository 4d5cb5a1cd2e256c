"""Runs in the rivals' environment: a classifier of pairs with the shipped encoder's shape and tokenizer, and random weights.

Random weights take as long as trained ones. python model.py TOKENIZER.json FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from transformers import MPNetConfig, MPNetForSequenceClassification, PreTrainedTokenizerFast


def main(tokenizer: str, folder: str) -> None:
    torch.manual_seed(0)
    # The layers of the shipped model; the rest are MPNet's own measures.
    config = MPNetConfig(
        vocab_size=30527,
        max_position_embeddings=514,
        num_hidden_layers=12,
        num_labels=3,
        problem_type="single_label_classification",
    )
    MPNetForSequenceClassification(config).eval().save_pretrained(folder)
    special = {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "pad_token": "<pad>"}
    names = ["input_ids", "attention_mask"]
    made = PreTrainedTokenizerFast(tokenizer_file=tokenizer, **special, model_max_length=512, model_input_names=names)
    made.save_pretrained(folder)
    # The older transformers which infinity needs know the class by this name only.
    path = Path(folder) / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**settings, "tokenizer_class": "PreTrainedTokenizerFast"}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
