"""The pair encoder: (claim, passage) to the four stances of a claim, the three of a topic, and how much the passage has to say.

An article's answer is the mean of its passages' logits, weighed by a softmax over what each has to say (attention over a bag,
Ilse et al. 2018); trained with the article's label alone, no passage is labelled.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from training.claims.data import CLAIMS
from training.data import STANCES


class PairEncoder(nn.Module):
    def __init__(self, base: str | Path, *, dropout: float = 0.1) -> None:
        super().__init__()
        config = AutoConfig.from_pretrained(base)
        self.encoder = AutoModel.from_pretrained(base, config=config, add_pooling_layer=False, attn_implementation="eager")
        hidden = config.hidden_size
        self.body = nn.Sequential(nn.LayerNorm(3 * hidden), nn.Dropout(dropout), nn.Linear(3 * hidden, hidden), nn.GELU())
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, len(CLAIMS) + len(STANCES) + 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Logits [R, 4 + 3 + 1] of rows [R, T]."""
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        passage = (token_type_ids * attention_mask)[..., None].to(tokens.dtype)
        claim = ((1 - token_type_ids) * attention_mask)[..., None].to(tokens.dtype)
        means = [(tokens * part).sum(1) / part.sum(1).clamp(min=1) for part in (claim, passage)]
        return self.out(self.drop(self.body(torch.cat([tokens[:, 0], *means], 1))))


def pooled(logits: Tensor, owner: Tensor, count: int) -> Tensor:
    """Logits [E, 7] of examples, from [R, 8] of their rows; `owner` [R] is the example of each row."""
    logits = logits.float()
    own = owner[:, None] == torch.arange(count)[None]
    weights = logits[:, -1:].expand(-1, count).masked_fill(~own, -1e4).softmax(0)
    return weights.T @ logits[:, :-1]
