"""What changes between two model versions, over the articles that both of them read."""

from __future__ import annotations

from app.domain.errors import ModelNotFound
from app.domain.records import Comparison, PairCount
from app.services import paging, steps
from app.storage import counts, cursors, differences
from app.storage.database import Session, Store


async def compare(store: Store, before: str, after: str, *, limit: int, cursor: str | None = None) -> Comparison:
    """Newest article first. Raises ModelNotFound for a version that annotated nothing, InvalidCursor."""
    laid = differences.Comparison(before, after)
    page = await paging.page(
        store,
        laid.changed(),
        laid.newest,
        differences.read,
        bound_to=cursors.binding("differences", about=f"{before} {after}"),
        limit=limit,
        cursor=cursor,
    )
    return Comparison(*await steps.read(store, _counted, laid, before, after), differences=page)


def _counted(session: Session, laid: differences.Comparison, before: str, after: str) -> tuple[int, tuple[PairCount, ...]]:
    for name in (before, after):
        if not session.scalar(counts.annotations_of_model(name)):
            raise ModelNotFound(name)
    articles = session.scalars(differences.texts_of_both(before, after)).one()
    return articles, tuple(PairCount(*row) for row in session.execute(laid.counts()))
