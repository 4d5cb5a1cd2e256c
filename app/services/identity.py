"""What happens when two articles claim one identity."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from app.domain.errors import ArticleConflict
from app.domain.records import StoredArticle, Submission
from app.storage import articles, single
from app.storage.database import Session

_FIELDS: Mapping[str, Callable[[Submission], Any]] = {
    "title": lambda given: given.text.title,
    "text": lambda given: given.text.body,
    "external_id": lambda given: given.external_id,
    "url": lambda given: given.url,
    "publisher": lambda given: given.publisher,
    "published_at": lambda given: given.published,
    "language": lambda given: given.language,
    # As JSON, because Python takes true for 1.
    "metadata": lambda given: json.dumps(dict(given.metadata), sort_keys=True),
}


def differences(one: Submission, other: Submission) -> tuple[str, ...]:
    """Names of fields, as the HTTP contract has them."""
    return tuple(name for name, value in _FIELDS.items() if value(one) != value(other))


def stored_already(session: Session, submission: Submission) -> StoredArticle | None:
    """Raises ArticleConflict when what is stored under this identity is not the same."""
    stored = holder(session, submission)
    if stored is not None and (fields := differences(stored.submission, submission)):
        raise ArticleConflict(stored.id, fields=fields)
    return stored


def refuse_taken(session: Session, current: StoredArticle, changed: Submission) -> None:
    """Raises ArticleConflict when `changed` has the identity of another article than `current`."""
    if articles.digest(changed) == articles.digest(current.submission):
        return
    other = holder(session, changed)
    if other is not None:
        fields = differences(other.submission, changed) or differences(current.submission, changed)
        raise ArticleConflict(other.id, fields=fields)


def holder(session: Session, submission: Submission) -> StoredArticle | None:
    # Most often there is none, which a short question can say sooner. The long one asks by identity again: it may change between.
    digest = articles.digest(submission)
    row = session.execute(articles.identified(digest)).one_or_none() if single.holder(session, digest) else None
    return articles.read(*row) if row else None
