"""Corrections as training data: what holds, with the text that the reviewer saw and what the model had said of it."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased, join, outerjoin

from app.domain import exports
from app.domain.exports import Line
from app.domain.records import Filter
from app.storage.exports import Exported
from app.storage.keyset import Found, Keyset, Statement
from app.storage.plain import written
from app.storage.tables import AnnotationRow, ArticleRow, CorrectionRow, RevisionRow

_later = aliased(CorrectionRow)
_newer = aliased(AnnotationRow)


def _holding(_: Filter) -> Statement:
    overtaken = exists().where(
        _later.article_id == CorrectionRow.article_id,
        _later.country == CorrectionRow.country,
        _later.id > CorrectionRow.id,
        _later.revoked_at.is_(None),
    )
    text = and_(RevisionRow.article_id == CorrectionRow.article_id, RevisionRow.number == CorrectionRow.revision)
    columns = (RevisionRow.title, RevisionRow.body.label("text"), AnnotationRow.model, AnnotationRow.judgements)
    article = (ArticleRow.publisher, ArticleRow.url, ArticleRow.read_language.label("language"))
    joined = join(join(CorrectionRow, RevisionRow, text), ArticleRow, ArticleRow.id == CorrectionRow.article_id)
    whole = outerjoin(joined, AnnotationRow, AnnotationRow.id == _annotation())
    found = select(*CorrectionRow.__table__.columns, *article, *columns).select_from(whole)
    return found.where(CorrectionRow.revoked_at.is_(None), ~overtaken)


def _annotation() -> Any:
    """The last that a model said of the text that the reviewer saw."""
    of_text = (_newer.article_id == CorrectionRow.article_id, _newer.revision == CorrectionRow.revision)
    newest = select(_newer.id).where(*of_text).order_by(_newer.id.desc()).limit(1)
    return newest.correlate(CorrectionRow).scalar_subquery()


def _lesson(row: Found, prefix: str) -> Line:
    identifier, article_id, judgements, present, *rest = row
    identifier, country = written(identifier), row.country
    said = next((judged for judged in orjson.loads(judgements or b"[]") if judged["country"] == country), None)
    mentions = [_mention(mention) for mention in said["mentions"]] if said else []
    return (identifier, written(article_id), bool(present), *rest, _word(said), mentions, f"{prefix}.{identifier}")


def _mention(said: dict[str, Any]) -> dict[str, Any]:
    start, end = said["span"]
    kept = {name: said[name] for name in ("quote", "kind", "stance", "voice")}
    return {"field": said["field"], "start": start, "end": end, **kept}


def _word(said: dict[str, Any] | None) -> str:
    return "not_found" if said is None else said["stance"] or "undecided"


CORRECTIONS: Exported[Filter] = Exported(
    "corrections",
    exports.CORRECTION,
    _holding,
    lambda _: Keyset((CorrectionRow.id,)),
    ("id", "article_id", "judgements", "present", *exports.CORRECTION[3:-3]),
    1,
    _lesson,
    newest=select(CorrectionRow.id).order_by(CorrectionRow.id.desc()).limit(1),
    weight=20,
)
