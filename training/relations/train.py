"""Train the relation head on kept features: `python -m training.relations.train FEATURES OUT`.

A tenth of the training sentences, by hash of the id, is kept out of it. But the encoder has learnt stances from all of them, so
that its vectors know more of them than of new text: only the development part of Directed Sentiment Extraction says how good
the head is, and only there a temperature can be fitted.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.inference.engine import TURNED
from app.inference.relations import CLASSES
from training.claims.figures import f1_by_class
from training.data import held_out
from training.relations.features import LAYERS
from training.relations.kept import pace, padded, shuffled
from training.relations.model import RelationHead, mean

EPOCHS, RATE, GROUP, SEED = 4, 4e-4, 32, 0
# The two that run backwards are a twentieth of the pairs.
WEIGHTS = torch.tensor([0.8, 1.1, 1.0, 1.6, 1.4])


@dataclass(frozen=True, slots=True)
class Sentence:
    id: str
    tokens: np.ndarray
    spans: list[list[int]]
    label: int


def sentences(folder: Path, part: str) -> list[Sentence]:
    tokens = np.load(folder / f"{part}.npy", mmap_mode="r")
    found, offset = [], 0
    for row in json.loads((folder / f"{part}.json").read_text()):
        found.append(Sentence(row["id"], tokens[offset : offset + row["n"]], row["spans"], row["label"]))
        offset += row["n"]
    return found


def logits_of(head: RelationHead, group: Sequence[Sentence], turned: Sequence[bool]) -> Tensor:
    tokens, mask = padded(group)
    spans = [one.spans[::-1] if turn else one.spans for one, turn in zip(group, turned, strict=True)]
    means = [torch.stack([tokens[n, slice(*pair[side])].mean(0) for n, pair in enumerate(spans)]) for side in (0, 1)]
    return head(tokens, mask, *means, mean(tokens, mask), torch.arange(len(group)))


def labels_of(group: Sequence[Sentence], turned: Sequence[bool]) -> Tensor:
    return torch.tensor([TURNED[one.label] if turn else one.label for one, turn in zip(group, turned, strict=True)])


@torch.no_grad()
def answers(head: RelationHead, found: Sequence[Sentence]) -> tuple[np.ndarray, np.ndarray]:
    """Logits [N, 5] and labels [N]."""
    head.eval()
    groups = [found[first : first + 64] for first in range(0, len(found), 64)]
    logits = torch.cat([logits_of(head, group, [False] * len(group)) for group in groups])
    head.train()
    return logits.numpy(), np.array([one.label for one in found])


def figures(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    each = f1_by_class(labels.tolist(), logits.argmax(1).tolist(), len(CLASSES))
    return {"macro-f1 of four": round(float(np.mean(each[1:])), 1)} | {n: round(v, 1) for n, v in zip(CLASSES, each, strict=True)}


def train(features: Path, out: Path) -> None:
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    every, dev = sentences(features, "train"), sentences(features, "dev")
    held = [one for one in every if held_out(one.id, one_in=10)]
    learnt = [one for one in every if not held_out(one.id, one_in=10)]
    head = RelationHead()
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.05)
    steps, done = EPOCHS * -(-len(learnt) // GROUP), 0
    for epoch in range(EPOCHS):
        for group in shuffled(learnt, GROUP, rng):
            for part in optimizer.param_groups:
                part["lr"] = RATE * pace(done, steps, warm=100)
            turned = [rng.random() < 0.5 for _ in group]
            loss = F.cross_entropy(logits_of(head, group, turned), labels_of(group, turned), weight=WEIGHTS, label_smoothing=0.05)
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            done += 1
        print(epoch + 1, "held", figures(*answers(head, held)), "dev", figures(*answers(head, dev)), flush=True)
    out.mkdir(parents=True, exist_ok=True)
    torch.save({LAYERS: head.state_dict()}, out / "relation.pt")
    logits, labels = answers(head, dev)
    np.savez(out / "dev.npz", logits=logits, labels=labels)


if __name__ == "__main__":
    torch.set_num_threads(1)
    train(*map(Path, sys.argv[1:]))
