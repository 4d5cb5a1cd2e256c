"""When two submissions are the same article. A digest of 16 bytes is unique on both databases, with parts missing too."""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring_ascii

from app.domain.records import Submission
from app.domain.values import ArticleText
from app.storage.types import DIGEST_BYTES


def text_digest(text: ArticleText) -> bytes:
    return _digest(text.title, text.body)


def digest(submission: Submission, *, text: bytes | None = None) -> bytes:
    """Publisher and external_id; without external_id publisher and the digest of the text, which is `text` where it is known."""
    if submission.external_id is not None:
        return _digest("external_id", submission.publisher, submission.external_id)
    return _digest("text", submission.publisher, (text or text_digest(submission.text)).hex())


def _digest(*parts: str | None) -> bytes:
    # JSON keeps a missing part apart from an empty one, and its escapes let no character fail. What json.dumps would say, sooner.
    said = ", ".join(["null" if part is None else encode_basestring_ascii(part) for part in parts])
    return hashlib.blake2b(f"[{said}]".encode(), digest_size=DIGEST_BYTES).digest()
