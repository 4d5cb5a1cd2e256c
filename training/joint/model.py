"""The upper layers of a reader with all of its heads: what learns on together."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.model import Reader
from training.relations.model import RelationHead, mean, span_means

FROZEN = 6
"""Layers that stay as they ship. What they share with the upper ones, the bias of relative positions, stays too."""

TAP = 8
"""Layers whose token vectors the relation head reads. Deeper ones know the stances of their training sentences by heart: a head
on the frozen encoder has macro-F1 49 on new text after six layers, 48 after eight, 44 after ten and twelve, but 54, 57, 60 and
61 on sentences that the encoder had seen and the head had not."""


class UpperHalf(nn.Module):
    """`reader` is changed in place, so that its state is what is saved."""

    def __init__(self, reader: Reader, *, frozen: int = FROZEN) -> None:
        super().__init__()
        self.reader, self.frozen, self.relation = reader, frozen, RelationHead()
        for name, parameter in reader.named_parameters():
            layer = name.split("encoder.encoder.layer.")[-1].split(".")[0]
            upper = name.startswith("heads.") or (layer.isdigit() and int(layer) >= frozen)
            parameter.requires_grad_(upper)

    def encode(self, lower: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Token vectors [B, T, H] after TAP layers and after the last, from those after the last frozen one; mask [B, T]."""
        encoder = self.reader.encoder.encoder
        with torch.no_grad():
            position = encoder.compute_position_bias(lower)
        hidden = torch.zeros(mask.shape, dtype=lower.dtype).masked_fill(mask == 0, -1e4)[:, None, None, :]
        tokens = tapped = lower
        for number, layer in enumerate(encoder.layer[self.frozen :], self.frozen + 1):
            tokens = layer(tokens, hidden, position)[0]
            tapped = tokens if number == TAP else tapped
        return tapped, tokens

    def forward(
        self, lower: Tensor, mask: Tensor, row: Tensor, start: Tensor, end: Tensor, a: Tensor, b: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits: stance [S, 3], kind [S, 6], country [S, C], relation [P, 5]. `a` and `b` [P] are numbers of spans."""
        tapped, tokens = self.encode(lower, mask)
        stance, kind, country = self.reader.heads(tokens, mask, row, start, end)
        if not len(a):
            return stance, kind, country, stance.new_zeros(0, self.relation.out.out_features)
        first, second = (span_means(tapped, row[one], start[one], end[one]) for one in (a, b))
        rows = row[a]
        return stance, kind, country, self.relation(tapped, mask, first, second, mean(tapped, mask)[rows], rows)

    def trained(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.parameters() if parameter.requires_grad]
