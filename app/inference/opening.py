"""The annotator that STANDPOINT_MODEL names: a bundled model, a folder with the same layout, or `hf:` and a pair classifier."""

from __future__ import annotations

from app.inference.annotator import TransformerAnnotator
from app.inference.batched import Options
from app.inference.pair_annotator import PREFIX, PairAnnotator


def opened(model: str, *, options: Options) -> TransformerAnnotator | PairAnnotator:
    """Raises InvalidModel."""
    if model.startswith(PREFIX):
        return PairAnnotator(model.removeprefix(PREFIX), options=options)
    return TransformerAnnotator(model, options=options)
