"""Heads that learn from kept token vectors: batches of them, and how fast to learn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor


class Kept(Protocol):
    @property
    def tokens(self) -> np.ndarray:
        """[T, H]"""
        ...


One = TypeVar("One", bound=Kept)


def padded(group: Sequence[Kept]) -> tuple[Tensor, Tensor]:
    """Token vectors [B, T, H] and mask [B, T]."""
    longest = max(len(one.tokens) for one in group)
    tokens, mask = torch.zeros(len(group), longest, group[0].tokens.shape[1]), torch.zeros(len(group), longest)
    for number, one in enumerate(group):
        tokens[number, : len(one.tokens)] = torch.from_numpy(np.array(one.tokens, dtype=np.float32))
        mask[number, : len(one.tokens)] = 1
    return tokens, mask


def shuffled(every: Sequence[One], size: int, rng: random.Random) -> list[Sequence[One]]:
    """Groups of like length, in any order."""
    order = sorted(every, key=lambda one: len(one.tokens) + 8 * rng.random())
    groups = [order[first : first + size] for first in range(0, len(order), size)]
    rng.shuffle(groups)
    return groups


def pace(done: int, steps: int, *, warm: int) -> float:
    """The share of the rate after so many of the steps: up within `warm`, then slowly down to a fiftieth."""
    return min(1.0, (done + 1) / warm) * max(0.02, 1 - done / steps)
