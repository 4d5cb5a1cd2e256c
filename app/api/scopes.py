"""Which scope each route asks for. A route that is missing here asks for `admin`, and a test says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.domain.keys import Scope

PUBLIC: Final = None
"""Needs no key and knows no limit: supervisors ask it all the time, and it tells nothing of what is stored."""

TABLE: Mapping[tuple[str, str], Scope | None] = {
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/docs/{asset}"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    # Prometheus can show a key (`authorization: credentials_file`); strangers need not know how busy it is.
    ("GET", "/metrics"): Scope.READ,
    # Stores nothing, so that who may only read may try the model.
    ("POST", "/v1/annotate"): Scope.READ,
    ("GET", "/v1/annotations/{annotation_id}"): Scope.READ,
    ("GET", "/v1/articles"): Scope.READ,
    ("POST", "/v1/articles"): Scope.WRITE,
    ("GET", "/v1/articles/{article_id}"): Scope.READ,
    ("PATCH", "/v1/articles/{article_id}"): Scope.WRITE,
    ("DELETE", "/v1/articles/{article_id}"): Scope.WRITE,
    ("PUT", "/v1/articles/{article_id}/text"): Scope.WRITE,
    ("GET", "/v1/articles/{article_id}/annotations"): Scope.READ,
    ("GET", "/v1/articles/{article_id}/corrections"): Scope.READ,
    # A reviewer's word changes what every query says, and nothing else can undo it.
    ("POST", "/v1/articles/{article_id}/corrections"): Scope.WRITE,
    ("DELETE", "/v1/articles/{article_id}/corrections/{correction_id}"): Scope.WRITE,
    ("GET", "/v1/corrections"): Scope.READ,
    # Rows that the lists show too, page by page.
    ("GET", "/v1/exports/articles"): Scope.READ,
    ("GET", "/v1/exports/relations"): Scope.READ,
    ("GET", "/v1/exports/stances"): Scope.READ,
    ("GET", "/v1/relations"): Scope.READ,
    ("GET", "/v1/relations/matrix"): Scope.READ,
    ("GET", "/v1/stances"): Scope.READ,
    ("GET", "/v1/stances/series"): Scope.READ,
    ("GET", "/v1/stances/summary"): Scope.READ,
    ("GET", "/v1/countries"): Scope.READ,
    ("GET", "/v1/countries/{code}/related"): Scope.READ,
    ("GET", "/v1/publishers"): Scope.READ,
    ("GET", "/v1/claims"): Scope.READ,
    ("POST", "/v1/claims"): Scope.WRITE,
    ("GET", "/v1/claims/{claim_id}"): Scope.READ,
    ("DELETE", "/v1/claims/{claim_id}"): Scope.WRITE,
    ("GET", "/v1/claims/{claim_id}/stances"): Scope.READ,
    ("GET", "/v1/claims/{claim_id}/series"): Scope.READ,
    ("GET", "/v1/claims/{claim_id}/spread"): Scope.READ,
    ("POST", "/v1/imports"): Scope.WRITE,
    # Hours of work from one line, and nothing that was sent: for who runs the service.
    ("POST", "/v1/reannotations"): Scope.ADMIN,
    ("GET", "/v1/jobs"): Scope.READ,
    ("GET", "/v1/jobs/{job_id}"): Scope.READ,
    ("GET", "/v1/jobs/{job_id}/failures"): Scope.READ,
    ("GET", "/v1/jobs/{job_id}/events"): Scope.READ,
    ("POST", "/v1/jobs/{job_id}/cancel"): Scope.WRITE,
    ("POST", "/v1/jobs/{job_id}/retry"): Scope.WRITE,
    # A webhook sends what happens here to anywhere.
    ("GET", "/v1/webhooks"): Scope.ADMIN,
    ("POST", "/v1/webhooks"): Scope.ADMIN,
    ("DELETE", "/v1/webhooks/{webhook_id}"): Scope.ADMIN,
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): Scope.ADMIN,
    ("POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay"): Scope.ADMIN,
    ("GET", "/v1/models"): Scope.READ,
    ("GET", "/v1/models/{model_id}"): Scope.READ,
    ("GET", "/v1/models/{before}/diff/{after}"): Scope.READ,
}


def needed(method: str, path: str) -> Scope | None:
    """`path` is the template of the route."""
    return TABLE.get((method, path), Scope.ADMIN)
