"""The second look of the gate: at the texts of the articles whose vectors could mean a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from anyio import to_thread

from app.domain.values import ArticleText
from app.services import settle, steps
from app.services.ports import ClaimReader
from app.storage.database import Session, Store

AT_ONCE = 64
"""Articles whose texts are in memory together: most have some kilobytes, and none more than some hundreds."""

Alike = Mapping[UUID, tuple[bytes, Sequence[int]]]
"""By article its vectors, and the places of the claims that these could mean."""


async def meant(store: Store, reader: ClaimReader, asked: Any, alike: Alike) -> dict[UUID, Sequence[int]]:
    """By article the places of the claims that it still could mean; articles without any are left out, and those that are gone.
    `asked` is what `ClaimReader.asked` made of the claims.
    """
    found: dict[UUID, Sequence[int]] = {}
    waiting = iter(alike)
    while part := list(islice(waiting, AT_ONCE)):
        texts = await steps.read(store, _texts, part)
        found |= await to_thread.run_sync(_looked_at, reader, asked, texts, alike)
    return found


def _texts(session: Session, article_ids: Sequence[UUID]) -> dict[UUID, ArticleText]:
    return {each.article_id: each.text for each in settle.current(session, article_ids)}


def _looked_at(reader: ClaimReader, asked: Any, texts: Mapping[UUID, ArticleText], alike: Alike) -> dict[UUID, Sequence[int]]:
    found = {}
    for article_id, text in texts.items():
        vectors, places = alike[article_id]
        if left := reader.closer(asked, places, text, vectors):
            found[article_id] = left
    return found
