"""Learn which directions of a passage's mean vector tell what it is about: `python -m training.relations.gate DATA MODEL OUT`.

From FNC-1: a claim and a passage of a text that is related to it shall be alike, among 128 claims and texts of a batch (InfoNCE,
van den Oord et al. 2018). It begins with half whitened principal components and learns little: longer learning knows the stories
of its training and less of others. A fifth of the stories is kept out of it, and says what the threshold lets through.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from app.domain.values import ArticleText
from app.inference.drafting import Drafter
from app.inference.encoding import TextEncoder
from app.inference.engine import WIDTH
from app.inference.gazetteer import Gazetteer
from training.claims.data import UNRELATED, Pair, claim_pairs, related, stories
from training.data import held_out
from training.relations.model import Gate, mean
from training.relations.vectors import after, part_of, vectors

STEPS, GROUP, RATE, TEMPERATURE, SEED, RECALL = 100, 128, 1e-4, 0.07, 0, 0.98

LAYERS = 12
"""After so many the vectors are taken."""


class Means:
    """The mean vector of every passage that the service would encode of a text or claim."""

    def __init__(self, model: Path, texts: list[str]) -> None:
        drafter = Drafter(Gazetteer.load(model / "gazetteer.tsv"), TextEncoder(model / "tokenizer.json", max_tokens=128))
        rows = [(text, row) for text in texts for row in drafter.draft(ArticleText(text), language="en").rows]
        rows.sort(key=lambda one: len(one[1]))
        running = part_of(model, [after(LAYERS)])
        self.of: dict[str, list[int]] = {}
        found = []
        for first in range(0, len(rows), 16):
            group = rows[first : first + 16]
            made = torch.from_numpy(vectors(running, [row for _, row in group]))
            mask = torch.tensor([[float(n < len(row)) for n in range(made.shape[1])] for _, row in group])
            found.append(mean(made, mask))
            for number, (text, _) in enumerate(group):
                self.of.setdefault(text, []).append(first + number)
        self.vectors = torch.cat(found)


def learnt(means: Means, pairs: list[Pair]) -> Gate:
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    centre = means.vectors.mean(0)
    _, scale, turn = torch.linalg.svd(means.vectors - centre, full_matrices=False)
    gate = Gate(centre, turn[:WIDTH].T / scale[:WIDTH] * scale[:WIDTH].mean().sqrt())
    gate.mean.requires_grad_(False)
    optimizer = torch.optim.AdamW([gate.turn], lr=RATE, weight_decay=0.0)
    close, story = related(pairs), stories(related(pairs))
    for _ in range(STEPS):
        group = rng.sample(close, GROUP)
        claims = gate.of_means(means.vectors[[means.of[pair.claim][0] for pair in group]])
        own = [means.of[pair.text] for pair in group]
        passages = gate.of_means(means.vectors[[number for numbers in own for number in numbers]])
        likeness = torch.stack([part.max(1).values for part in (claims @ passages.T).split([len(o) for o in own], 1)], 1)
        known = [story["claim", pair.claim] for pair in group]
        same = torch.tensor([[a == b and i != j for j, b in enumerate(known)] for i, a in enumerate(known)])
        likeness = (likeness / TEMPERATURE).masked_fill(same, -1e4)
        loss = F.cross_entropy(likeness, torch.arange(GROUP)) + F.cross_entropy(likeness.T, torch.arange(GROUP))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return gate


@torch.no_grad()
def cosines(gate: Gate, means: Means, pairs: list[Pair]) -> np.ndarray:
    """Of each pair, from whole numbers as they are stored."""
    whole = torch.round(gate.of_means(means.vectors) * 127) / 127
    return np.array([float((whole[means.of[p.claim][0]] @ whole[means.of[p.text]].T).max()) for p in pairs])


def divided(pairs: list[Pair]) -> tuple[list[Pair], list[Pair], list[Pair]]:
    """Related pairs to learn from; related ones of stories kept out of it; and pairs of a claim and another story among these."""
    close, story = related(pairs), stories(related(pairs))
    kept = {number for number in set(story.values()) if held_out(f"story {number}", one_in=5)}
    learning = [pair for pair in close if story["text", pair.text] not in kept]
    aside = [pair for pair in close if story["text", pair.text] in kept]
    rng, texts = random.Random(SEED), sorted({pair.text for pair in aside})
    apart = [
        Pair(c, t, UNRELATED) for c in sorted({pair.claim for pair in aside}) for t in rng.sample(texts, min(40, len(texts)))
    ]
    return learning, aside, [pair for pair in apart if story["claim", pair.claim] != story["text", pair.text]]


def main(data: Path, model: Path, out: Path) -> None:
    pairs = [*claim_pairs(data, "fnc-train", "fnc"), *claim_pairs(data, "fnc-dev", "fnc")]
    means = Means(model, sorted({text for pair in pairs for text in (pair.claim, pair.text)}))
    learning, aside, apart = divided(pairs)
    gate = learnt(means, learning)
    close, others = cosines(gate, means, aside), cosines(gate, means, apart)
    table = {}
    for recall in (0.9, 0.95, RECALL, 0.99):
        least = float(np.quantile(close, 1 - recall))
        table[recall] = {"least": round(least, 2), "others let through": round(float((others >= least).mean()), 4)}
    print(json.dumps(table, indent=1))
    out.mkdir(parents=True, exist_ok=True)
    torch.save({"layers": LAYERS, "state": gate.state_dict(), "least": table[RECALL]["least"], "table": table}, out / "gate.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*map(Path, sys.argv[1:]))
