"""Train the reader and all of its heads at once: `python -m training.joint.train --data DATA --base BASE --out OUT`.

Stances of sentences, relations of two spans, and topics that a text never names, from the base model on: an encoder that learnt
stances first knows the sentences that teach relations by heart, and what a head then learns of them holds for no others
(docs/decisions/0049). The rate falls with the time that is given, so that a run ends when it should on any machine. A
checkpoint is written every few minutes, and a stopped run goes on from it. Nothing here reads a test file.
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
from training.joint.data import Item, development, places, sentences, topic_epoch, topics
from training.joint.model import TAPS, Together
from training.linking_data import country_codes, country_names
from training.metrics import macro_f1
from training.model import Reader
from training.train import COUNTRY_WEIGHT, KIND_WEIGHT, Average, load_tokenizer

RELATION_WEIGHT, TOPIC_WEIGHT, SAVED = 0.8, 0.7, 600
WEIGHTS = torch.tensor([0.8, 1.1, 1.0, 1.6, 1.4])
"""Of relations' classes: the two that run backwards are a twentieth of the pairs."""
FEW = 8
"""Relations: a batch with fewer counts less."""
PLACES, PEOPLE = 300, 2
"""Windows of LGL in an epoch, and how often it reads each sentence of NewsMTSC, whose stances are learnt last."""


class Trainer:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.given = arguments
        self.countries, self.names = country_codes(), country_names()
        self.tokenizer: Tokenizer = load_tokenizer(arguments.base)
        self.model = model = Together(arguments.base, countries=len(self.countries))
        if arguments.heads:
            take_heads(model.reader, torch.load(arguments.heads))
        # Word vectors stay as the base model has them: the text is small, and their update would cost a third of the time.
        model.reader.encoder.get_input_embeddings().weight.requires_grad_(False)
        body = [p for p in model.reader.encoder.parameters() if p.requires_grad]
        rates = [(body, arguments.rate), ([*model.reader.heads.parameters(), model.reader.mark], arguments.head_rate)]
        rates.append(([*model.relations.parameters(), *model.topic.parameters()], arguments.other_rate))
        self.rates = [rate for _, rate in rates]
        self.optimizer = torch.optim.AdamW([{"params": p, "lr": r} for p, r in rates], weight_decay=0.01, fused=True)
        self.average = Average(model, arguments.decay)
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
            if time.monotonic() - written > SAVED:
                self.save()
                written = time.monotonic()
            if time.monotonic() - said > 60 * self.given.every:
                self.report()
                said = time.monotonic()
        self.save()
        self.report()

    def batches(self) -> Iterator[Batch]:
        """Without end."""
        plain, windows, asked = sentences(self.given.data), places(self.given.data), topics(self.given.data, "train")
        again = [item for item in plain if item.example.source.startswith("newsmtsc")] * (PEOPLE - 1)
        number = 0
        while True:
            rng = random.Random(f"{self.given.seed}-{number}-{self.done}")
            yield from epoch(
                [*plain, *again, *rng.sample(windows, PLACES)],
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
            group["lr"] = rate * min(1.0, (self.done + 1) / 100) * max(0.02, 1 - progress)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = self.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.average.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.average.update()
        self.done += 1
        return loss.item()

    def loss(self, batch: Batch) -> Tensor:
        stance, kind, country, told, toward = self.model(*batch.inputs)
        if batch.topical:
            return TOPIC_WEIGHT * F.cross_entropy(toward, batch.stance, label_smoothing=0.05)
        each = F.cross_entropy(stance, batch.stance, ignore_index=UNKNOWN, reduction="none", label_smoothing=0.03)
        known = (batch.stance != UNKNOWN).float() * batch.weight
        loss = (each * batch.weight).sum() / known.sum().clamp(min=1)
        for logits, labels, factor in ((kind, batch.kind, KIND_WEIGHT), (country, batch.country, COUNTRY_WEIGHT)):
            given = labels != UNKNOWN
            if given.any():
                loss = loss + factor * F.cross_entropy(logits[given], labels[given])
        if len(batch.relation):
            share = RELATION_WEIGHT / len(TAPS) * min(1.0, len(batch.relation) / FEW)
            for logits in told:
                loss = loss + share * F.cross_entropy(logits, batch.relation, weight=WEIGHTS, label_smoothing=0.05)
        return loss

    @torch.no_grad()
    def report(self) -> None:
        """What the average of the weights is worth on development data; it is what is kept."""
        self.average.swap()
        self.model.eval()
        figures = {name: round(value, 2) for items in self.sets.items() for name, value in self.measured(*items)}
        torch.save(self.model.reader.state_dict(), self.given.out / "average.pt")
        taps = zip(TAPS, self.model.relations, strict=True)
        torch.save({layers: head.state_dict() for layers, head in taps}, self.given.out / "relation.pt")
        torch.save(self.model.topic.state_dict(), self.given.out / "topic.pt")
        self.model.train()
        self.average.swap()
        record = {"step": self.done, "seconds": round(self.spent), **figures}
        print(json.dumps(record), flush=True)
        with (self.given.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(record) + "\n")

    def measured(self, name: str, items: Sequence[Item]) -> Iterator[tuple[str, float]]:
        gold, found, relations = [], [], []
        told: list[list[int]] = [[] for _ in (*TAPS, "mean")]
        for batch in self.for_measuring(items):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                stance, _, _, related, toward = self.model(*batch.inputs)
            known = batch.stance != UNKNOWN
            gold += batch.stance[known].tolist()
            found += (toward if batch.topical else stance)[known].argmax(1).tolist()
            relations += batch.relation.tolist()
            if related:
                for kept, logits in zip(told, (*related, torch.stack(related).mean(0)), strict=True):
                    kept += logits.argmax(1).tolist()
        yield name, macro_f1(np.array(gold), np.array(found))
        if relations:
            for layers, kept in zip((*TAPS, "mean"), told, strict=True):
                each = f1_by_class(relations, kept, 5)
                yield f"relations {layers}", float(np.mean(each[1:]))
                for number in range(1, 5):
                    yield f"relation {layers} {number}", each[number]

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


def take_heads(reader: Reader, trained: dict[str, Tensor]) -> None:
    """Begin with the heads and the mark of a trained reader, on the base model's encoder: readers whose heads have one descent
    can be averaged (training/mix.py)."""
    kept = {name: value for name, value in trained.items() if not name.startswith("encoder.")}
    missing, unexpected = reader.load_state_dict(kept, strict=False)
    assert not unexpected and all(name.startswith("encoder.") for name in missing), (missing, unexpected)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public training data")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--heads", type=Path, help="a trained reader whose heads to begin with")
    parser.add_argument("--minutes", type=float, default=72)
    parser.add_argument("--every", type=float, default=24, help="minutes between two looks at the development data")
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--head-rate", type=float, default=5e-4)
    parser.add_argument("--other-rate", type=float, default=4e-4, help="of the heads for relations and topics")
    parser.add_argument("--tokens", type=int, default=1536, help="padded tokens a batch")
    parser.add_argument("--decay", type=float, default=0.995)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=13)
    return parser.parse_args()


if __name__ == "__main__":
    given = parse()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    Trainer(given).run()
