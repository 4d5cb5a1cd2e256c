"""Train the pair encoder: `python -m training.claims.train --data ../shared/data --base MODEL --out FOLDER`.

A checkpoint is written after every epoch and a stopped run goes on from it. Nothing here reads a test file.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from training.claims.data import CLAIMS, UNRELATED, Negatives, Pair, Texts, claim_pairs, related, topic_pairs
from training.claims.figures import claim_figures, topic_figures
from training.claims.model import PairEncoder, pooled
from training.train import Average, resume, save

STEP = 16
# Rarer answers weigh more, but less than their rarity would ask: one in twenty related pairs of FNC-1 disagrees.
WEIGHTS = torch.tensor([1.0, 1.8, 0.9, 0.8])


@dataclass(frozen=True)
class Batch:
    """Rows [R, T] and the example [R] each belongs to; labels [E]."""

    inputs: tuple[Tensor, Tensor, Tensor]
    owner: Tensor
    labels: Tensor
    topic: bool


@dataclass(frozen=True)
class Shares:
    """Of an epoch: unrelated pairs of either sort for each related one, and which parts of all claims and topics it takes."""

    unrelated: float
    claims: float
    topics: float


def sample(data: Path, texts: Texts, rng: random.Random, *, shares: Shares, limit: int | None) -> list[Pair]:
    """The pairs of one epoch: related ones, some unrelated ones of which half share words with the text, and topics.

    Two thirds of FNC-1's related pairs discuss; of these an epoch takes as many as of all others and a fifth more.
    """
    found: list[Pair] = []
    for name, bodies, share in (("fnc-train", "fnc", 1.0), ("arc-train", "arc", 0.6)):
        pairs = claim_pairs(data, name, bodies)
        close = _levelled(related(pairs), rng)
        negatives = Negatives(pairs, texts)
        plain = rng.sample([pair for pair in pairs if pair.label == UNRELATED], int(shares.unrelated * share * len(close)))
        hard = [negatives.hard(pair.text, rng) for pair in rng.sample(close, int(shares.unrelated * share * len(close)))]
        found += close + plain + [pair for pair in hard if pair]
    topics = topic_pairs(data, "train")
    found = rng.sample(found, int(shares.claims * len(found))) + rng.sample(topics, int(shares.topics * len(topics)))
    rng.shuffle(found)
    return found[:limit]


def _levelled(pairs: Sequence[Pair], rng: random.Random) -> list[Pair]:
    common = CLAIMS.index("discuss")
    rare = [pair for pair in pairs if pair.label != common]
    rest = [pair for pair in pairs if pair.label == common]
    return rare + rng.sample(rest, min(len(rest), len(rare) * 6 // 5))


def batches(pairs: Sequence[Pair], texts: Texts, *, tokens: int, count: int, rng: random.Random | None) -> Iterator[list[int]]:
    """Numbers of pairs whose rows are of like length, for so many padded tokens. Claims and topics are never mixed."""
    for topic in (False, True):
        sized = [(_rows(pair, texts, count), number) for number, pair in enumerate(pairs) if pair.topic == topic]
        if rng:
            rng.shuffle(sized)
        groups: list[list[int]] = []
        # Sorted within pools of some thousands, so that every batch is another one in every epoch.
        for first in range(0, len(sized), 2048):
            group: list[int] = []
            rows, longest = 0, 0
            for (n, length), number in sorted(sized[first : first + 2048], key=lambda one: one[0][1]):
                if group and (rows + n) * _padded(max(longest, length)) > tokens:
                    groups.append(group)
                    group, rows, longest = [], 0, 0
                group.append(number)
                rows, longest = rows + n, max(longest, length)
            groups += [group] if group else []
        yield from groups


def _rows(pair: Pair, texts: Texts, count: int) -> tuple[int, int]:
    claim, read = texts.read(pair, count=count)
    return len(read), max(map(len, read)) + len(claim) + 3


def _padded(length: int) -> int:
    return -(-length // STEP) * STEP


def collate(pairs: Sequence[Pair], texts: Texts, *, count: int, ends: tuple[int, int]) -> Batch:
    """`ends` are the ids of [CLS] and [SEP]."""
    first, last = ends
    rows, owner = [], []
    for number, pair in enumerate(pairs):
        claim, read = texts.read(pair, count=count)
        for passage in read:
            rows.append((np.concatenate([[first], claim, [last], passage, [last]]), len(claim) + 2))
            owner.append(number)
    shape = len(rows), _padded(max(len(ids) for ids, _ in rows))
    ids, mask, types = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    for index, (row, border) in enumerate(rows):
        ids[index, : len(row)] = torch.from_numpy(row)
        mask[index, : len(row)] = 1
        types[index, border : len(row)] = 1
    labels = torch.tensor([pair.label for pair in pairs])
    return Batch((ids, mask, types), torch.tensor(owner), labels, pairs[0].topic)


def logits_of(model: PairEncoder, batch: Batch) -> Tensor:
    """[E, 4] for claims, [E, 3] for topics."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rows = model(*batch.inputs)
    found = pooled(rows, batch.owner, len(batch.labels))
    return found[:, len(CLAIMS) :] if batch.topic else found[:, : len(CLAIMS)]


def loss_of(model: PairEncoder, batch: Batch) -> Tensor:
    weight = None if batch.topic else WEIGHTS
    return F.cross_entropy(logits_of(model, batch), batch.labels, weight=weight, label_smoothing=0.03)


@torch.no_grad()
def answers(model: PairEncoder, pairs: Sequence[Pair], texts: Texts, *, count: int, ends: tuple[int, int]) -> np.ndarray:
    """Logits of all pairs, which are all claims or all topics."""
    model.eval()
    found: dict[int, np.ndarray] = {}
    for group in batches(pairs, texts, tokens=8192, count=count, rng=None):
        batch = collate([pairs[n] for n in group], texts, count=count, ends=ends)
        found |= dict(zip(group, logits_of(model, batch).numpy(), strict=True))
    model.train()
    return np.stack([found[number] for number in range(len(pairs))])


def measure(model: PairEncoder, data: Path, texts: Texts, *, count: int, ends: tuple[int, int]) -> dict[str, float]:
    fnc, vast = claim_pairs(data, "fnc-dev", "fnc"), topic_pairs(data, "dev")
    claims = answers(model, fnc, texts, count=count, ends=ends).argmax(1)
    topics = answers(model, vast, texts, count=count, ends=ends).argmax(1)
    return claim_figures([p.label for p in fnc], claims.tolist()) | topic_figures([p.label for p in vast], topics.tolist())


def train(arguments: argparse.Namespace) -> None:
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    tokenizer = Tokenizer.from_file(str(arguments.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    ends = (tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]"))
    texts, model = Texts(tokenizer), PairEncoder(arguments.base)
    if arguments.start:
        model.load_state_dict(torch.load(arguments.start))
    shares = Shares(arguments.unrelated, arguments.claims_share, arguments.topics_share)
    # They know words and grammar already, and leaving them out of the backward pass saves a quarter of the time.
    for part in (model.encoder.embeddings, *model.encoder.encoder.layer[: arguments.frozen]):
        part.requires_grad_(False)
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    heads = [*model.body.parameters(), *model.out.parameters()]
    groups = [{"params": body, "lr": arguments.rate}, {"params": heads, "lr": arguments.head_rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    average = Average(model, arguments.decay)
    arguments.out.mkdir(parents=True, exist_ok=True)
    first, done = resume(arguments.out, model, optimizer, average)
    steps = 0
    started = time.monotonic()
    for number in range(first, arguments.epochs):
        rng = random.Random(f"{arguments.seed}-{number}")
        pairs = sample(arguments.data, texts, rng, shares=shares, limit=arguments.limit)
        order = list(batches(pairs, texts, tokens=arguments.tokens, count=arguments.count, rng=rng))
        rng.shuffle(order)
        steps = steps or arguments.epochs * len(order)
        print(f"epoch {number + 1}: {len(pairs)} pairs, {len(order)} batches", flush=True)
        for group in order:
            schedule = min(1.0, (done + 1) / (0.06 * steps)) * max(0.02, 1 - done / steps) ** 0.9
            for part, rate in zip(optimizer.param_groups, (arguments.rate, arguments.head_rate), strict=True):
                part["lr"] = rate * schedule
            loss = loss_of(model, collate([pairs[n] for n in group], texts, count=arguments.count, ends=ends))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(average.trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            average.update()
            done += 1
            if done % 50 == 0:
                print(f"step {done}/{steps} loss {loss.item():.3f} {time.monotonic() - started:.0f} s", flush=True)
        save(arguments.out, model, optimizer, average, number + 1, done)
        average.swap()
        figures = measure(model, arguments.data, texts, count=arguments.count, ends=ends)
        torch.save(model.state_dict(), arguments.out / "average.pt")
        average.swap()
        record = {"epoch": number + 1, "seconds": round(time.monotonic() - started)}
        record |= {key: round(value, 2) for key, value in figures.items()}
        print(json.dumps(record), flush=True)
        with (arguments.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(record) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public training data")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--head-rate", type=float, default=5e-4)
    parser.add_argument("--tokens", type=int, default=3072, help="padded tokens a batch")
    parser.add_argument("--count", type=int, default=2, help="passages that are read of a text")
    parser.add_argument("--unrelated", type=float, default=0.25, help="unrelated pairs of either sort for each related one")
    parser.add_argument("--frozen", type=int, default=2, help="lowest layers that stay as the base model has them")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--claims-share", type=float, default=1.0, help="of the claims, that an epoch takes")
    parser.add_argument("--topics-share", type=float, default=0.5, help="of the topics, that an epoch takes")
    parser.add_argument("--start", type=Path, help="a trained pair encoder to learn on from")
    parser.add_argument("--decay", type=float, default=0.995)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--limit", type=int, help="pairs of an epoch, for a trial")
    return parser.parse_args()


if __name__ == "__main__":
    train(parse())
