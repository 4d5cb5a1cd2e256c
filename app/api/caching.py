"""What a client or a proxy may keep of an answer, and the tag by which it asks whether that still holds (RFC 9110, 9111)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

_TAG_BYTES = 16
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')

_KEPT_WITHOUT_BODY = ("cache-control", "etag", "link", "vary")


class Policy(StrEnum):
    """The value of Cache-Control."""

    REVALIDATED = "private, no-cache"
    """May be kept by the client, who asks before each use: an article can change or be deleted at any moment."""

    NEVER_KEPT = "no-store"
    """True at this moment only, or the sender's own text, which no disk on the way should hold."""

    PACKAGED = "public, max-age=3600"
    """Files of this package, the same for everybody. An hour, because their addresses name no version."""


R, N, P = Policy.REVALIDATED, Policy.NEVER_KEPT, Policy.PACKAGED

# By the name of the operation; what is not a GET is never kept. Every GET stands here itself, so that a new one needs a decision.
TABLE: Mapping[str, Policy] = {
    "export_articles": N,
    "export_relations": N,
    "export_stances": N,
    "get_annotation": R,
    "get_article": R,
    "get_claim": R,
    "get_claim_series": R,
    "get_claim_spread": R,
    "get_health": N,
    "get_model": R,
    "get_model_diff": R,
    "get_readiness": N,
    "get_relation_matrix": R,
    "get_stance_series": R,
    "get_stance_summary": R,
    "list_claim_stances": R,
    "list_claims": R,
    "list_related_countries": R,
    "list_article_corrections": R,
    "list_corrections": R,
    "list_article_annotations": R,
    "list_articles": R,
    "list_countries": R,
    "list_models": R,
    "list_publishers": R,
    "list_relations": R,
    "list_stances": R,
    "follow_job": N,
    "get_job": R,
    "list_job_failures": R,
    "list_jobs": R,
    "list_deliveries": R,
    "list_webhooks": R,
    "show_asset": P,
    "show_docs": P,
    "show_metrics": N,
}


def policy(operation: str) -> Policy:
    return TABLE.get(operation, Policy.NEVER_KEPT)


def applied(request: Request, response: Response, *, operation: str) -> Response:
    """The answer with its header and tag, or 304 where the client has it already."""
    chosen = policy(operation)
    if chosen is Policy.REVALIDATED and isinstance(response, StreamingResponse):
        # The file that a list can be had as: it has no tag before it is whole, and is not kept anywhere, like all exports.
        chosen = Policy.NEVER_KEPT
    response.headers["Cache-Control"] = chosen
    if chosen is not Policy.REVALIDATED:
        return response
    response.headers["ETag"] = tag = _tag(bytes(response.body))
    return _unchanged(response) if _has(request.headers.get("if-none-match", ""), tag) else response


def _tag(body: bytes) -> str:
    # Of the bytes themselves: whatever changes the answer (a text, a correction, another model version) changes the tag. By the
    # digest that processors have instructions for, in a third of the time of BLAKE2.
    return f'"{hashlib.sha256(body).hexdigest()[: 2 * _TAG_BYTES]}"'


def _has(known: str, tag: str) -> bool:
    return known.strip() == "*" or tag in _TAG.findall(known)


def _unchanged(response: Response) -> Response:
    kept = {name: value for name, value in response.headers.items() if name in _KEPT_WITHOUT_BODY}
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)
