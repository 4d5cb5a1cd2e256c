"""Train the reader: `python -m training.train --data ../shared/data --base MODEL --out FOLDER`.

A checkpoint is written after every epoch and a stopped run goes on from it. Nothing here reads a test file.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from training.batches import UNKNOWN, Batch, Recipe, collate, epoch
from training.data import Example, newsmtsc_split, own_split, stance_file
from training.linking_data import country_codes, country_names, lgl_examples, news_sentences, with_candidates
from training.metrics import macro_f1
from training.model import Reader

KIND_WEIGHT, COUNTRY_WEIGHT, TEACHER_TEMPERATURE = 0.4, 0.3, 2.0
MAX_TOKENS = 256


def load_tokenizer(base: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def training_examples(data: Path, *, unlabelled: int = 0, stance_only: bool = False, own: bool = True) -> list[Example]:
    """All labelled text, and so many unlabelled news sentences for a teacher to judge."""
    stance = newsmtsc_split(data)[0] + stance_file(data / "stance-dse-train.jsonl") + (own_split()[0] if own else [])
    places = [] if stance_only else lgl_examples(data, part=0)
    return with_candidates(stance) + places + news_sentences(data, count=unlabelled)


def development_sets(data: Path) -> dict[str, list[Example]]:
    return {
        "newsmtsc-dev": newsmtsc_split(data)[1],
        "dse-dev": stance_file(data / "stance-dse-dev.jsonl"),
        "own-dev": own_split()[1],
    }


def evaluation_batches(
    examples: Sequence[Example], tokenizer: Tokenizer, countries: Sequence[str]
) -> Iterable[tuple[list[Example], Batch]]:
    pairs = sorted(zip(examples, tokenizer.encode_batch([e.text for e in examples]), strict=True), key=lambda p: len(p[1]))
    for first in range(0, len(pairs), 64):
        group = pairs[first : first + 64]
        batch = collate(group, countries=countries)
        if batch is not None:
            yield [example for example, _ in group], batch


@torch.no_grad()
def measure(
    model: Reader, sets: dict[str, list[Example]], tokenizer: Tokenizer, countries: Sequence[str], *, marked: bool = True
) -> dict[str, float]:
    model.eval()
    figures: dict[str, float] = {}
    for name, examples in sets.items():
        gold, found, kinds = [], [], []
        for _, batch in evaluation_batches(examples, tokenizer, countries):
            if not marked:
                batch.inputs[2].zero_()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                stance, kind, country = model(*batch.inputs)
            known = batch.stance != UNKNOWN
            gold += batch.stance[known].tolist()
            found += stance[known].argmax(-1).tolist()
            for part, logits in ((batch.kind, kind), (batch.country, country)):
                given = part != UNKNOWN
                kinds.append((int((logits[given].argmax(-1) == part[given]).sum()), int(given.sum())))
        figures[name] = macro_f1(np.array(gold), np.array(found))
        for offset, head in ((0, "kind"), (1, "country")):
            right, total = (sum(pair[i] for pair in kinds[offset::2]) for i in (0, 1))
            if total:
                figures[f"{name}-{head}-accuracy"] = 100 * right / total
    model.train()
    return figures


def loss_of(model: Reader, batch: Batch, *, teacher_weight: float) -> Tensor:
    stance, kind, country = model(*batch.inputs)
    weight = batch.weight
    each = F.cross_entropy(stance, batch.stance, ignore_index=UNKNOWN, reduction="none", label_smoothing=0.03)
    known = (batch.stance != UNKNOWN).float() * weight
    loss = (each * weight).sum() / known.sum().clamp(min=1)
    taught = ~batch.teacher[:, 0].isnan()
    if teacher_weight and taught.any():
        target = (batch.teacher[taught] / TEACHER_TEMPERATURE).softmax(-1)
        log = (stance[taught] / TEACHER_TEMPERATURE).log_softmax(-1)
        divergence = F.kl_div(log, target, reduction="batchmean") * TEACHER_TEMPERATURE**2
        loss = (1 - teacher_weight) * loss + teacher_weight * divergence
    for logits, labels, factor in ((kind, batch.kind, KIND_WEIGHT), (country, batch.country, COUNTRY_WEIGHT)):
        given = labels != UNKNOWN
        if given.any():
            loss = loss + factor * F.cross_entropy(logits[given], labels[given])
    return loss


def optimizer_for(model: Reader, *, rate: float, head_rate: float) -> torch.optim.Optimizer:
    """Word vectors stay as the base model has them: the text is small, and their update would cost a third of the time."""
    model.encoder.get_input_embeddings().weight.requires_grad_(False)
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    heads = [*model.heads.parameters(), model.mark]
    return torch.optim.AdamW([{"params": body, "lr": rate}, {"params": heads, "lr": head_rate}], weight_decay=0.01, fused=True)


class Average:
    """An exponential moving average of the trained weights; it is what is measured and shipped."""

    def __init__(self, model: Reader, decay: float) -> None:
        self.decay = decay
        self.trained = [p for p in model.parameters() if p.requires_grad]
        self.values = [p.detach().clone() for p in self.trained]
        self.steps = 0

    def update(self) -> None:
        self.steps += 1
        keep = min(self.decay, self.steps / (self.steps + 10))
        torch._foreach_lerp_(self.values, [p.detach() for p in self.trained], 1 - keep)

    def swap(self) -> None:
        for parameter, value in zip(self.trained, self.values, strict=True):
            kept = parameter.detach().clone()
            parameter.data.copy_(value)
            value.copy_(kept)


def train(arguments: argparse.Namespace) -> None:
    torch.manual_seed(arguments.seed)
    rng = random.Random(arguments.seed)
    tokenizer, countries, names = load_tokenizer(arguments.base), country_codes(), country_names()
    examples = training_examples(
        arguments.data, unlabelled=arguments.unlabelled, stance_only=arguments.stance_only, own=arguments.without != "own"
    )
    if arguments.teacher:
        examples = taught(examples, arguments.teacher)
    sets = development_sets(arguments.data)
    model = Reader(arguments.base, countries=len(countries), layers=arguments.layers, inner=arguments.inner)
    if arguments.start:
        start_from(model, arguments.start, arguments.layers)
    optimizer = optimizer_for(model, rate=arguments.rate, head_rate=arguments.head_rate)
    average = Average(model, arguments.decay)
    steps = arguments.epochs * sum(1 for _ in _epoch(examples, tokenizer, countries, names, arguments, random.Random(0)))
    arguments.out.mkdir(parents=True, exist_ok=True)
    first, done = resume(arguments.out, model, optimizer, average)
    schedule = lambda step: min(1.0, step / (0.06 * steps)) * max(0.0, 1 - step / steps) ** 0.9  # noqa: E731
    rates = [group["lr"] for group in ({"lr": arguments.rate}, {"lr": arguments.head_rate})]
    print(f"{len(examples)} examples, {steps} steps, from epoch {first}", flush=True)
    started = time.monotonic()
    for number in range(first, arguments.epochs):
        rng.seed(f"{arguments.seed}-{number}")
        for batch in _epoch(examples, tokenizer, countries, names, arguments, rng):
            if arguments.without == "marks":
                batch.inputs[2].zero_()
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * schedule(done)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = loss_of(model, batch, teacher_weight=arguments.teacher_weight if arguments.teacher else 0.0)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(average.trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            average.update()
            done += 1
            if done % 50 == 0:
                spent = time.monotonic() - started
                print(f"step {done}/{steps} loss {loss.item():.3f} {spent:.0f} s", flush=True)
        save(arguments.out, model, optimizer, average, number + 1, done)
        average.swap()
        figures = measure(model, sets, tokenizer, countries, marked=arguments.without != "marks")
        torch.save(model.state_dict(), arguments.out / "average.pt")
        average.swap()
        record = {
            "epoch": number + 1,
            "seconds": round(time.monotonic() - started),
            **{k: round(v, 2) for k, v in figures.items()},
        }
        print(json.dumps(record), flush=True)
        with (arguments.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(record) + "\n")


def _epoch(
    examples: list[Example],
    tokenizer: Tokenizer,
    countries: Sequence[str],
    names: dict[str, str],
    arguments: argparse.Namespace,
    rng: random.Random,
) -> Iterable[Batch]:
    return epoch(
        examples,
        tokenizer=tokenizer,
        countries=countries,
        names=names,
        recipe=Recipe(),
        tokens_per_batch=arguments.tokens,
        rng=rng,
    )


def start_from(model: Reader, weights: Path, layers: tuple[int, ...] | None) -> None:
    """Take the encoder of a trained reader; its kept layers where the model has fewer. The heads are new.

    A reader of the model's own shape is taken whole.
    """
    trained = torch.load(weights)
    if {name: value.shape for name, value in trained.items()} == {n: v.shape for n, v in model.state_dict().items()}:
        model.load_state_dict(trained)
        return
    kept = {old: new for new, old in enumerate(layers)} if layers else {}
    state = {}
    for name, value in trained.items():
        layer = re.match(r"encoder\.encoder\.layer\.(\d+)\.", name)
        if name.startswith("heads.") or (kept and layer and int(layer[1]) not in kept):
            continue
        renamed = f"encoder.encoder.layer.{kept[int(layer[1])]}.{name[layer.end() :]}" if kept and layer else name
        state[renamed] = value
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(name.startswith("heads.") for name in missing), (missing, unexpected)


def taught(examples: list[Example], path: Path) -> list[Example]:
    """The examples with a teacher's stance logits, as `training.teach` wrote them: keyed by text and span."""
    logits = json.loads(path.read_text())
    return [
        replace(
            e,
            spans=tuple(
                replace(s, teacher=tuple(logits[k]) if (k := f"{e.text}|{s.start}|{s.end}") in logits else None) for s in e.spans
            ),
        )
        for e in examples
    ]


def save(folder: Path, model: Reader, optimizer: torch.optim.Optimizer, average: Average, number: int, done: int) -> None:
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "average": average.values,
        "epoch": number,
        "done": done,
    }
    torch.save(state, folder / "last.tmp")
    (folder / "last.tmp").replace(folder / "last.pt")


def resume(folder: Path, model: Reader, optimizer: torch.optim.Optimizer, average: Average) -> tuple[int, int]:
    path = folder / "last.pt"
    if not path.exists():
        return 0, 0
    state = torch.load(path)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    average.values, average.steps = state["average"], state["done"]
    return state["epoch"], state["done"]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public training data")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--head-rate", type=float, default=5e-4)
    parser.add_argument("--tokens", type=int, default=1536, help="padded tokens a batch")
    parser.add_argument("--decay", type=float, default=0.99)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument(
        "--layers", type=lambda text: tuple(map(int, text.split(","))), help="keep only these layers, such as 0,2,4,7,9,11"
    )
    parser.add_argument("--start", type=Path, help="a trained reader whose encoder to start from")
    parser.add_argument("--inner", type=int, help="width of the heads, by default the encoder's")
    parser.add_argument("--teacher", type=Path, help="stance logits of a teacher")
    parser.add_argument("--unlabelled", type=int, default=0, help="news sentences that only the teacher judges")
    parser.add_argument("--stance-only", action="store_true", help="leave out text that only has places (for a teacher)")
    parser.add_argument("--without", choices=("own", "marks"), help="a trial without the own text, or without marked spans")
    parser.add_argument("--teacher-weight", type=float, default=0.7)
    return parser.parse_args()


if __name__ == "__main__":
    train(parse())
