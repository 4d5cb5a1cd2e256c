"""The encoder and its heads.

One pass over a passage; every candidate span is judged from three vectors: the mean of its own token vectors, what it attends
to in its passage, and the passage's mean vector. Tokens of candidate spans are marked at the input by one learned vector, so
that the encoder itself can gather what is said of each of them (the idea of entity markers, without one pass a target).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from training.data import KINDS, STANCES

HEADS = 4


class SpanHeads(nn.Module):
    """Token vectors [B, T, H] and spans [S] to logits: stance [S, 3], kind [S, 6], country [S, C]. `inner` is the width."""

    def __init__(self, hidden: int, inner: int, countries: int, dropout: float) -> None:
        super().__init__()
        self.query, self.key, self.value = nn.Linear(hidden, inner), nn.Linear(hidden, inner), nn.Linear(hidden, inner)
        self.stance = self._classifier(2 * hidden + inner, inner, dropout)
        self.stance_out = nn.Linear(inner, len(STANCES))
        self.link = self._classifier(hidden + inner, inner, dropout)
        self.kind_out = nn.Linear(inner, len(KINDS))
        self.country_out = nn.Linear(inner, countries)

    @staticmethod
    def _classifier(size: int, inner: int, dropout: float) -> nn.Module:
        return nn.Sequential(nn.LayerNorm(size), nn.Dropout(dropout), nn.Linear(size, inner), nn.GELU(), nn.Dropout(dropout))

    def forward(self, tokens: Tensor, mask: Tensor, row: Tensor, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, length, hidden = tokens.shape
        flat = tokens.reshape(batch * length, hidden)
        position = torch.arange(length, device=tokens.device)
        inside = (position[None] >= start[:, None]) & (position[None] < end[:, None])
        same_row = row[:, None] == torch.arange(batch, device=tokens.device)[None]
        # Spans of all rows against tokens of all rows: one dense product, a thousandth of the encoder's own work.
        in_span = (same_row[:, :, None] & inside[:, None, :]).reshape(-1, batch * length).to(tokens.dtype)
        in_row = (same_row[:, :, None] & (mask > 0)[None]).reshape(-1, batch * length)
        span = in_span @ flat / in_span.sum(1, keepdim=True)
        rows = in_row.to(tokens.dtype)
        passage = rows @ flat / rows.sum(1, keepdim=True)
        attended = self._attend(span, flat, in_row)
        stance = self.stance_out(self.stance(torch.cat([span, attended, passage], 1)))
        link = self.link(torch.cat([span, attended], 1))
        return stance, self.kind_out(link), self.country_out(link)

    def _attend(self, span: Tensor, flat: Tensor, allowed: Tensor) -> Tensor:
        query, key, value = (
            self._by_head(layer(vectors)) for layer, vectors in ((self.query, span), (self.key, flat), (self.value, flat))
        )
        scores = query @ key.transpose(1, 2) / query.shape[-1] ** 0.5
        weights = scores.masked_fill(~allowed[None], -1e4).softmax(-1)
        return (weights @ value).transpose(0, 1).reshape(span.shape[0], -1)

    @staticmethod
    def _by_head(vectors: Tensor) -> Tensor:
        return vectors.reshape(-1, HEADS, vectors.shape[-1] // HEADS).transpose(0, 1)


class Reader(nn.Module):
    """An encoder with span heads. `layers` keeps only these of the base model's layers; `inner` is by default its width."""

    def __init__(
        self,
        base: str | Path,
        *,
        countries: int,
        layers: tuple[int, ...] | None = None,
        inner: int | None = None,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        config = AutoConfig.from_pretrained(base)
        self.encoder = AutoModel.from_pretrained(base, config=config, add_pooling_layer=False, attn_implementation="eager")
        if layers is not None:
            self.encoder.encoder.layer = nn.ModuleList([self.encoder.encoder.layer[index] for index in layers])
            self.encoder.config.num_hidden_layers = len(layers)
        self.mark = nn.Parameter(torch.zeros(config.hidden_size))
        self.heads = SpanHeads(config.hidden_size, inner or config.hidden_size, countries, dropout)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, row: Tensor, start: Tensor, end: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        words = self.encoder.get_input_embeddings()(input_ids)
        marked = words + token_type_ids[..., None].to(words.dtype) * self.mark
        tokens = self.encoder(inputs_embeds=marked, attention_mask=attention_mask).last_hidden_state
        return self.heads(tokens, attention_mask, row, start, end)
