"""What is put on top of the encoder: relations of two spans, and vectors of passages to compare claims with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from app.inference.engine import TURNED
from app.inference.relations import CLASSES

HEADS = 8


class RelationHead(nn.Module):
    """Two spans ask the passage together what passes between them; a thousandth of the encoder's work for a pair."""

    def __init__(self, hidden: int = 768, inner: int = 128, dropout: float = 0.2) -> None:
        super().__init__()
        self.query, self.key, self.value = nn.Linear(2 * hidden, inner), nn.Linear(hidden, inner), nn.Linear(hidden, inner)
        size = 3 * hidden + inner
        self.body = nn.Sequential(nn.LayerNorm(size), nn.Dropout(dropout), nn.Linear(size, 2 * inner), nn.GELU())
        self.drop, self.out = nn.Dropout(dropout), nn.Linear(2 * inner, len(CLASSES))

    def forward(self, tokens: Tensor, mask: Tensor, first: Tensor, second: Tensor, passage: Tensor, row: Tensor) -> Tensor:
        """Logits [P, 5]. Tokens [B, T, H], mask [B, T]; the spans' and their passages' means [P, H]; row [P] of each pair."""
        query = self._by_head(self.query(torch.cat([first, second], 1))[:, None])
        key, value = (self._by_head(layer(tokens))[row] for layer in (self.key, self.value))
        scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5)
        weights = scores.masked_fill((mask[row] == 0)[:, None, None, :], -1e4).softmax(-1)
        between = (weights @ value).transpose(1, 2).reshape(first.shape[0], -1)
        return self.out(self.drop(self.body(torch.cat([first, second, between, passage], 1))))

    def of(self, tokens: Tensor, mask: Tensor, row: Tensor, start: Tensor, end: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """Logits [P, 5] of pairs: `row`, `start` and `end` [S] are of spans, whose numbers `a` and `b` [P] are."""
        first, second = (span_means(tokens, row[one], start[one], end[one]) for one in (a, b))
        return self(tokens, mask, first, second, mean(tokens, mask)[row[a]], row[a])

    def both(self, tokens: Tensor, mask: Tensor, row: Tensor, start: Tensor, end: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """The same as the engine tells it: the mean of both orders of the spans."""
        ordered, turned = (self.of(tokens, mask, row, start, end, *pair) for pair in ((a, b), (b, a)))
        return (ordered + turned[:, TURNED]) / 2

    @staticmethod
    def _by_head(vectors: Tensor) -> Tensor:
        return vectors.reshape(vectors.shape[0], vectors.shape[1], HEADS, vectors.shape[2] // HEADS).transpose(1, 2)


class Gate(nn.Module):
    """The mean of a passage's token vectors, turned and shortened to 64 numbers of length 1."""

    def __init__(self, mean: Tensor, turn: Tensor) -> None:
        super().__init__()
        self.mean, self.turn = nn.Parameter(mean), nn.Parameter(turn)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        return self.of_means(mean(tokens, mask))

    def of_means(self, means: Tensor) -> Tensor:
        turned = (means - self.mean) @ self.turn
        return turned / ((turned * turned).sum(1, keepdim=True) + 1e-12) ** 0.5


def mean(tokens: Tensor, mask: Tensor) -> Tensor:
    """[B, H] of tokens [B, T, H]."""
    weights = mask.to(tokens.dtype)
    return (weights[:, None, :] @ tokens)[:, 0] / weights.sum(1, keepdim=True)


def span_means(tokens: Tensor, row: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """[P, H]: the mean of the tokens of each span."""
    position = torch.arange(tokens.shape[1])
    inside = ((position >= start[:, None]) & (position < end[:, None])).to(tokens.dtype)
    return (inside[:, None, :] @ tokens[row])[:, 0] / inside.sum(1, keepdim=True)
