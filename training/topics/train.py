"""Train the head for topics on what the shipped encoder makes of them: `python -m training.topics.train DATA MODEL OUT`.

The encoder stays as it is, so that no stance toward what a text names changes. It has seen none of VAST's texts, so that its
vectors tell of the development part what they tell of the training part. What VAST calls neutral in its tests are topics of
other texts; in its training part they are topics of the text itself, of which nothing can be learnt about those. So topics of
other texts are put beside every text, one for every two with a stance, and the training part's own neutral ones are left out.
Rows are made by the service's own code; each pair is read by one of its passages, chosen by chance. Vectors are kept in OUT,
and not made again.
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
from torch import nn
from torch.nn import functional as F

from app.inference.drafting import Drafter
from app.inference.encoding import Row, TextEncoder
from app.inference.gazetteer import Gazetteer
from training.data import STANCES
from training.metrics import macro_f1
from training.relations.kept import pace, padded, shuffled
from training.relations.vectors import after, part_of, vectors
from training.topics.model import TopicHead
from training.topics.reading import Comment, comments, rows_of

LAYERS, GROUP, EPOCHS, RATE, SEED, BATCH = 12, 32, 2, 3e-4, 0, 16
SHARES = {"train": 0.6, "dev": 0.3}
"""Of the pairs, those that are read."""

NEUTRAL = STANCES.index("neutral")


@dataclass(frozen=True, slots=True)
class Read:
    """Token vectors [T, H] of a row, the tokens of its topic, and the stance."""

    tokens: np.ndarray
    span: tuple[int, int]
    label: int


def chosen(data: Path, part: str, drafter: Drafter) -> list[tuple[Row, int]]:
    rng = random.Random(SEED)
    found: Sequence[Comment] = sorted(comments(data, part), key=lambda one: (one.text, one.topic))
    kept = [one for one in found if rng.random() < SHARES[part]]
    if part == "train":
        kept = with_strange([one for one in kept if one.label != NEUTRAL], found, rng)
    return [(rng.choice(list(rows)), one.label) for one, rows in zip(kept, rows_of(drafter, kept), strict=True) if rows]


def with_strange(stated: Sequence[Comment], every: Sequence[Comment], rng: random.Random) -> list[Comment]:
    """The pairs with a stance, and behind every second one a topic of another text, toward which its text takes none."""
    own: dict[str, set[str]] = {}
    for one in every:
        own.setdefault(one.text, set()).add(one.topic)
    topics, found = sorted({one.topic for one in every}), []
    for number, one in enumerate(stated):
        found.append(one)
        topic = rng.choice(topics)
        if number % 2 == 0 and topic not in own[one.text]:
            found.append(Comment(one.text, topic, NEUTRAL))
    return found


def read(model: Path, data: Path, part: str, out: Path) -> list[Read]:
    drafter = Drafter(Gazetteer.load(model / "gazetteer.tsv"), TextEncoder(model / "tokenizer.json", max_tokens=128), topics=6)
    found = sorted(chosen(data, part, drafter), key=lambda one: len(one[0]))
    path = out / f"topics-{part}.npy"
    if not path.exists():
        running, kept = part_of(model, [after(LAYERS)]), []
        for first in range(0, len(found), BATCH):
            group = [row for row, _ in found[first : first + BATCH]]
            kept += [one[: len(row)].astype(np.float16) for one, row in zip(vectors(running, group), group, strict=True)]
        np.save(path, np.concatenate(kept))
    tokens, ends = np.load(path, mmap_mode="r"), np.cumsum([len(row) for row, _ in found])
    return [
        Read(tokens[end - len(row) : end], (int(row.spans[0][0]), int(row.spans[0][1])), label)
        for end, (row, label) in zip(ends, found, strict=True)
    ]


def logits_of(head: TopicHead, group: Sequence[Read]) -> torch.Tensor:
    tokens, mask = padded(group)
    start, end = torch.tensor([one.span for one in group]).T
    return head(tokens, mask, torch.arange(len(group)), start, end)


@torch.no_grad()
def macro(head: TopicHead, found: Sequence[Read]) -> float:
    head.eval()
    said = torch.cat([logits_of(head, found[first : first + 64]).argmax(1) for first in range(0, len(found), 64)])
    head.train()
    return macro_f1(np.array([one.label for one in found]), said.numpy())


def train(model: Path, data: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    learnt, dev = (read(model, data, part, out) for part in ("train", "dev"))
    print(f"{len(learnt)} rows to learn from, {len(dev)} of the development part", flush=True)
    torch.manual_seed(SEED)
    rng, head = random.Random(SEED), TopicHead()
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.05)
    steps, done, record = EPOCHS * -(-len(learnt) // GROUP), 0, []
    for epoch in range(EPOCHS):
        for group in shuffled(learnt, GROUP, rng):
            for part in optimizer.param_groups:
                part["lr"] = RATE * pace(done, steps, warm=50)
            labels = torch.tensor([one.label for one in group])
            loss = F.cross_entropy(logits_of(head, group), labels, label_smoothing=0.05)
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            done += 1
        record.append(round(macro(head, dev), 2))
        print(f"epoch {epoch + 1}: macro-F1 {record[-1]} on development rows", flush=True)
    torch.save(head.state_dict(), out / "topic.pt")
    (out / "topic.json").write_text(json.dumps({"rows": len(learnt), "development": record}) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(2)
    train(Path(sys.argv[2]), Path(sys.argv[1]), Path(sys.argv[3]))
