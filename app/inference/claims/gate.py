"""The gate: which articles could be about a claim, by the vectors that the main encoder made of their passages anyway."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.inference.engine import WIDTH

_ONE = 127.0 * 127.0
"""The product of a vector with itself; each is of length 127."""


def passing(claim: bytes, articles: Sequence[bytes], *, least: float) -> list[bool]:
    """For each article whether one of its passages has a cosine of at least `least` with the claim."""
    if not articles:
        return []
    # In float the product is one call of BLAS; whole numbers up to 64 * 127 * 127 are exact in it.
    rows = np.frombuffer(b"".join(articles), dtype=np.int8).reshape(-1, WIDTH).astype(np.float32)
    cosines = rows @ np.frombuffer(claim, dtype=np.int8).astype(np.float32) / _ONE
    counts = [len(article) // WIDTH for article in articles]
    ends = np.cumsum(counts)
    # An article without a passage would have no greatest cosine, and passes none.
    padded = np.append(cosines, -1.0)
    greatest = np.maximum.reduceat(padded, np.minimum(ends - counts, len(cosines)))
    return [bool(count and cosine >= least) for count, cosine in zip(counts, greatest, strict=True)]
