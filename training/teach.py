"""Write a teacher's stance logits for every span of the training text, as JSON: `python -m training.teach --help`.

What an earlier run with the same teacher wrote to the same file is kept; only new text is judged.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from training.batches import token_range
from training.data import Example, LabelledSpan
from training.linking_data import country_codes
from training.model import Reader
from training.train import evaluation_batches, load_tokenizer, training_examples


def key(example: Example, span: LabelledSpan) -> str:
    return f"{example.text}|{span.start}|{span.end}"


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--unlabelled", type=int, default=8000, help="news sentences without labels to add")
    arguments = parser.parse_args()
    tokenizer, countries = load_tokenizer(arguments.base), country_codes()
    model = Reader(arguments.base, countries=len(countries)).eval()
    model.load_state_dict(torch.load(arguments.weights))
    examples = training_examples(arguments.data, unlabelled=arguments.unlabelled)
    logits: dict[str, list[float]] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    examples = [e for e in examples if any(key(e, span) not in logits for span in e.spans)]
    for number, (group, batch) in enumerate(evaluation_batches(examples, tokenizer, countries)):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = iter(model(*batch.inputs)[0].float().tolist())
        for example in group:
            encoding = tokenizer.encode(example.text)
            for span in example.spans:
                if token_range(encoding, span) is not None:
                    logits[key(example, span)] = [round(value, 4) for value in next(found)]
        if number % 50 == 0:
            print(f"{number * 64}/{len(examples)}", flush=True)
    arguments.out.write_text(json.dumps(logits))


if __name__ == "__main__":
    main()
