"""The gate: which articles could be about a claim, by the vectors that the main encoder made of their passages anyway."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.inference.engine import WIDTH, Floats

_ONE = 127.0 * 127.0
"""The product of a vector with itself; each is of length 127."""


def passing(claim: bytes, articles: Sequence[bytes], *, least: float) -> list[bool]:
    """For each article whether one of its passages has a cosine of at least `least` with the claim."""
    return [bool(found) for found in meant(articles, claim, least=least)]


def meant(articles: Sequence[bytes], claims: bytes, *, least: float) -> list[list[int]]:
    """For each article the places of the claims with which one of its passages has a cosine of at least `least`, ascending."""
    if not articles:
        return []
    # In float the product is one call of BLAS; whole numbers up to 64 * 127 * 127 are exact in it.
    cosines = _rows(b"".join(articles)) @ _rows(claims).T / _ONE
    counts = np.array([len(article) // WIDTH for article in articles])
    # An article without a passage would have no greatest cosine, and passes none.
    padded = np.vstack([cosines, np.full((1, cosines.shape[1]), -2.0, dtype=np.float32)])
    greatest = np.maximum.reduceat(padded, np.cumsum(counts) - counts, axis=0)
    return [np.flatnonzero(row >= least).tolist() if count else [] for count, row in zip(counts, greatest, strict=True)]


def _rows(vectors: bytes) -> Floats:
    return np.frombuffer(vectors, dtype=np.int8).reshape(-1, WIDTH).astype(np.float32)
