"""The stance of a passage toward a topic that stands before it as a marked sentence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.data import STANCES
from training.relations.model import mean

HEADS, LAYERS = 8, 12
"""It reads the vectors that leave so many layers."""


class TopicHead(nn.Module):
    """The topic's mean vector asks its passage, and is compared with the passage's mean: a text says nothing of what it is not
    about."""

    def __init__(self, hidden: int = 768, inner: int = 64, dropout: float = 0.3) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(hidden, inner) for _ in range(3))
        self.of_topic, self.of_passage = (nn.Sequential(nn.Linear(hidden, inner), nn.LayerNorm(inner)) for _ in range(2))
        size = 2 * hidden + 3 * inner
        self.body = nn.Sequential(nn.LayerNorm(size), nn.Dropout(dropout), nn.Linear(size, inner), nn.GELU())
        self.drop, self.out = nn.Dropout(dropout), nn.Linear(inner, len(STANCES))

    def forward(self, tokens: Tensor, mask: Tensor, row: Tensor, start: Tensor, end: Tensor) -> Tensor:
        """Logits [S, 3]. Tokens [B, T, H], mask [B, T]; row [S] of each span and its half-open range of tokens."""
        batch, length, hidden = tokens.shape
        position = torch.arange(length)
        inside = ((position >= start[:, None]) & (position < end[:, None])).to(tokens.dtype)
        # Dense over all rows, as in the other heads: to gather each span's row would copy its tokens for every span.
        same = row[:, None] == torch.arange(batch)[None]
        flat = tokens.reshape(batch * length, hidden)
        span = (same[:, :, None] * inside[:, None, :]).reshape(-1, batch * length) @ flat / inside.sum(1, keepdim=True)
        asked = self.query(span)
        allowed = (same[:, :, None] & (mask > 0)[None]).reshape(-1, batch * length)
        query, key, value = (self._by_head(part) for part in (asked, self.key(flat), self.value(flat)))
        scores = query @ key.transpose(1, 2) * (query.shape[-1] ** -0.5)
        weights = scores.masked_fill(~allowed[None], -1e4).softmax(-1)
        heard = (weights @ value).transpose(0, 1).reshape(span.shape[0], -1)
        passage = mean(tokens, mask)[row]
        alike = self.of_topic(span) * self.of_passage(passage)
        return self.out(self.drop(self.body(torch.cat([span, passage, heard, asked * heard, alike], 1))))

    @staticmethod
    def _by_head(vectors: Tensor) -> Tensor:
        return vectors.reshape(-1, HEADS, vectors.shape[-1] // HEADS).transpose(0, 1)
