"""A reader with all of its heads, as they learn together."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from training.model import Reader
from training.relations.model import RelationHead
from training.topics.model import TopicHead

TAPS = (8, 12)
"""Layers whose vectors relations are read from, by a head each."""


class Together(nn.Module):
    def __init__(self, base: Path, *, countries: int) -> None:
        super().__init__()
        self.reader = Reader(base, countries=countries)
        self.relations = nn.ModuleList(RelationHead() for _ in TAPS)
        self.topic = TopicHead()

    def forward(
        self, ids: Tensor, mask: Tensor, marks: Tensor, row: Tensor, start: Tensor, end: Tensor, a: Tensor, b: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, list[Tensor], Tensor]:
        """Logits: stance [S, 3], kind [S, 6], country [S, C], of each tap relation [P, 5], and toward topics [S, 3].

        `a` and `b` [P] are numbers of spans. Without pairs nothing is said of relations.
        """
        encoder = self.reader.encoder
        words = encoder.get_input_embeddings()(ids)
        layers = encoder(
            inputs_embeds=words + marks[..., None].to(words.dtype) * self.reader.mark,
            attention_mask=mask,
            output_hidden_states=True,
        ).hidden_states
        stance, kind, country = self.reader.heads(layers[-1], mask, row, start, end)
        taps = zip(self.relations, TAPS, strict=True) if len(a) else ()
        told = [head.both(layers[tap], mask, row, start, end, a, b) for head, tap in taps]
        return stance, kind, country, told, self.topic(layers[-1], mask, row, start, end)
