"""Let the upper half and all heads learn on together: `python -m training.joint.train --data DATA --base BASE --model FOLDER
--out OUT`.

Stances of sentences, relations of two spans, and topics that a text never names, in one training. The lower layers are those of
the model FOLDER as it ships; its answers on sentences are held by distillation (Hinton et al. 2015), so that nothing is
forgotten while topics and relations are learnt. The rate falls with the time that is given, so that a run ends when it should
on any machine. A checkpoint is written every few minutes, and a stopped run goes on from it. Nothing here reads a test file.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from training.batches import UNKNOWN
from training.claims.figures import f1_by_class
from training.joint.batches import Batch, collate, epoch, padded
from training.joint.data import Item, development, sentences, topic_epoch, topics
from training.joint.lower import LowerHalf, Teacher
from training.joint.model import FROZEN, UpperHalf
from training.linking_data import country_codes, country_names
from training.metrics import macro_f1
from training.model import Reader
from training.restore import restored
from training.train import Average, load_tokenizer

TAUGHT, TEMPERATURE, KIND_WEIGHT, COUNTRY_WEIGHT, RELATION_WEIGHT, TOPIC_WEIGHT = 0.7, 2.0, 0.4, 0.3, 1.0, 1.0
CLASS_WEIGHTS = torch.tensor([0.8, 1.1, 1.0, 1.6, 1.4])
"""Of relations: the two that run backwards are a twentieth of the pairs."""
PLACES = 400


class Trainer:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.given = arguments
        self.countries, self.names = country_codes(), country_names()
        self.tokenizer: Tokenizer = load_tokenizer(arguments.base)
        self.lower = LowerHalf(arguments.model, FROZEN, threads=arguments.threads)
        self.teacher = Teacher(arguments.model, threads=arguments.threads)
        reader = Reader(arguments.base, countries=len(self.countries))
        base = {name: value.clone() for name, value in reader.state_dict().items()}
        reader.load_state_dict(restored(arguments.model))
        self.model = UpperHalf(reader)
        forget(reader, base, arguments.forget)
        body = [p for n, p in reader.named_parameters() if p.requires_grad and not n.startswith("heads.")]
        rates = [(body, arguments.rate), (reader.heads.parameters(), arguments.head_rate)]
        rates.append((self.model.relation.parameters(), arguments.relation_rate))
        self.rates = [rate for _, rate in rates]
        self.optimizer = torch.optim.AdamW([{"params": p, "lr": r} for p, r in rates], weight_decay=0.01, fused=True)
        self.average = Average(self.model, arguments.decay)
        self.sets = development(arguments.data)
        self.spent, self.done = 0.0, 0

    def run(self) -> None:
        self.given.out.mkdir(parents=True, exist_ok=True)
        self.resume()
        limit, written, said = 60 * self.given.minutes, time.monotonic(), time.monotonic()
        started = time.monotonic() - self.spent
        for batch in self.batches():
            self.spent = time.monotonic() - started
            if self.spent >= limit:
                break
            loss = self.step(batch, self.spent / limit)
            if self.done % 25 == 0:
                print(f"step {self.done} at {self.spent:.0f} of {limit:.0f} s, loss {loss:.3f}", flush=True)
            if time.monotonic() - written > 600:
                self.save()
                written = time.monotonic()
            if time.monotonic() - said > 60 * self.given.every:
                self.report()
                said = time.monotonic()
        self.save()
        self.report()

    def batches(self) -> Iterator[Batch]:
        """Without end."""
        plain, asked, number = sentences(self.given.data, places=PLACES), topics(self.given.data, "train"), 0
        while True:
            rng = random.Random(f"{self.given.seed}-{number}-{self.done}")
            yield from epoch(
                plain,
                list(topic_epoch(asked, rng)),
                tokenizer=self.tokenizer,
                countries=self.countries,
                names=self.names,
                tokens=self.given.tokens,
                rng=rng,
            )
            number += 1
            print(f"epoch {number} ended at step {self.done}", flush=True)

    def step(self, batch: Batch, progress: float) -> float:
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * min(1.0, (self.done + 1) / 60) * max(0.02, 1 - progress)
        loss = self.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.average.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.average.update()
        self.done += 1
        return loss.item()

    def answers(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        lower = torch.from_numpy(self.lower(batch.inputs))
        mask, row, start, end = (
            torch.from_numpy(batch.inputs[name]) for name in ("attention_mask", "span_row", "span_start", "span_end")
        )
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = self.model(lower, mask, row, start, end, batch.a, batch.b)
        return tuple(one.float() for one in found)  # type: ignore[return-value]

    def loss(self, batch: Batch) -> Tensor:
        stance, kind, country, relation = self.answers(batch)
        sentence = ~batch.topical
        loss = stance.sum() * 0
        if sentence.any():
            loss = loss + (1 - TAUGHT) * _known(stance[sentence], batch.stance[sentence], smoothing=0.03)
            said = torch.from_numpy(self.teacher(batch.inputs))[sentence]
            loss = loss + TAUGHT * _distance(stance[sentence], said)
            loss = loss + KIND_WEIGHT * _known(kind, batch.kind) + COUNTRY_WEIGHT * _known(country, batch.country)
        if batch.topical.any():
            loss = loss + TOPIC_WEIGHT * _known(stance[batch.topical], batch.stance[batch.topical], smoothing=0.05)
        if len(batch.relation):
            weights = CLASS_WEIGHTS if self.given.class_weights else None
            loss = loss + RELATION_WEIGHT * F.cross_entropy(relation, batch.relation, weight=weights, label_smoothing=0.05)
        return loss

    @torch.no_grad()
    def report(self) -> None:
        """What the average of the weights is worth on development data; it is what is kept."""
        self.average.swap()
        self.model.eval()
        figures = {name: round(value, 2) for items in self.sets.items() for name, value in self.measured(*items)}
        state = {"reader": self.model.reader.state_dict(), "relation": self.model.relation.state_dict()}
        torch.save(state, self.given.out / "average.pt")
        self.model.train()
        self.average.swap()
        record = {"step": self.done, "seconds": round(self.spent), **figures}
        print(json.dumps(record), flush=True)
        with (self.given.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(record) + "\n")

    def measured(self, name: str, items: Sequence[Item]) -> Iterator[tuple[str, float]]:
        gold, found, relations, told = [], [], [], []
        for batch in self.for_measuring(items):
            stance, _, _, relation = self.answers(batch)
            known = batch.stance != UNKNOWN
            gold += batch.stance[known].tolist()
            found += stance[known].argmax(1).tolist()
            relations += batch.relation.tolist()
            told += relation.argmax(1).tolist()
        yield name, macro_f1(np.array(gold), np.array(found))
        if relations:
            each = f1_by_class(relations, told, 5)
            yield "relations", float(np.mean(each[1:]))
            for number in range(1, 5):
                yield f"relation {number}", each[number]

    def for_measuring(self, items: Sequence[Item]) -> Iterator[Batch]:
        encoded = zip(items, self.tokenizer.encode_batch([item.example.text for item in items]), strict=True)
        ordered = sorted(encoded, key=padded)
        for first in range(0, len(ordered), 32):
            if (batch := collate(ordered[first : first + 32], countries=self.countries)) is not None:
                yield batch

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.values,
            "spent": self.spent,
            "done": self.done,
        }
        torch.save(state, self.given.out / "last.tmp")
        (self.given.out / "last.tmp").replace(self.given.out / "last.pt")

    def resume(self) -> None:
        path = self.given.out / "last.pt"
        if path.exists():
            state = torch.load(path)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average.values, self.average.steps = state["average"], state["done"]
            self.spent, self.done = state["spent"], state["done"]


@torch.no_grad()
def forget(reader: Reader, base: dict[str, Tensor], share: float) -> None:
    """Draw the layers that learn on toward the base model (Wortsman et al., CVPR 2022): what they know by heart goes first.

    With shares of 0.25 and 0.45, macro-F1 on NewsMTSC's development part falls from 81.2 to 81.0 and 80.6 before anything is
    learnt.
    """
    for name, parameter in reader.named_parameters():
        if parameter.requires_grad and not name.startswith("heads."):
            parameter.lerp_(base[name], share)


def _known(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """The mean over those with a label; 0 where there are none."""
    given = labels != UNKNOWN
    if not given.any():
        return logits.sum() * 0
    return F.cross_entropy(logits[given], labels[given], label_smoothing=smoothing)


def _distance(logits: Tensor, said: Tensor) -> Tensor:
    """From the teacher's answers, at the usual temperature."""
    log, target = (logits / TEMPERATURE).log_softmax(1), (said / TEMPERATURE).softmax(1)
    return F.kl_div(log, target, reduction="batchmean") * TEMPERATURE**2


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public training data")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--model", type=Path, required=True, help="folder of the model to learn on from")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument(
        "--forget", type=float, default=0.4, help="how far the learning layers go back toward the base model first"
    )
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--every", type=float, default=15, help="minutes between two looks at the development data")
    parser.add_argument("--rate", type=float, default=4e-5)
    parser.add_argument("--head-rate", type=float, default=1e-4)
    parser.add_argument("--relation-rate", type=float, default=4e-4)
    parser.add_argument("--tokens", type=int, default=1536, help="padded tokens a batch")
    parser.add_argument("--decay", type=float, default=0.99)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--class-weights", action="store_true", help="weigh the rare relations more")
    return parser.parse_args()


if __name__ == "__main__":
    given = parse()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    Trainer(given).run()
