"""Examples of webhooks for the document."""

from __future__ import annotations

from app.api import examples, problems
from app.api.problems import ProblemError, RequestError
from app.api.schemas_webhooks import DeliveryPageResponse, DeliveryResponse, WebhookPageResponse, WebhookResponse
from app.domain import errors
from app.domain.webhooks import Delivery, DeliveryState, Webhook, WebhookEvent

WEBHOOK_ID = "01932c0b-11aa-7c1f-8d52-7b0f3e5a9c64"
DELIVERY_ID = "01932c0b-8f02-7b6d-b1c4-0c9a4d2e6f18"
REQUEST = {"url": "https://desk.example/standpoint", "events": ["job.finished"], "secret": "correct-horse-battery-staple"}

WEBHOOK = WebhookResponse.of(
    Webhook(WEBHOOK_ID, "https://desk.example/standpoint", (WebhookEvent.JOB_FINISHED,), "", examples.READ_AT)
)
WEBHOOKS = WebhookPageResponse(items=[WEBHOOK], next_cursor=None)
DELIVERY = DeliveryResponse.of(
    Delivery(
        id=DELIVERY_ID,
        webhook_id=WEBHOOK_ID,
        event=WebhookEvent.JOB_FINISHED,
        state=DeliveryState.WAITING,
        attempts=1,
        created_at=examples.READ_AT,
        next_at=examples.READ_AT,
        status=503,
        error=None,
        body="",
    )
)
DELIVERIES = DeliveryPageResponse(items=[DELIVERY], next_cursor=None)

INVALID_ID = RequestError(
    problems.INVALID_REQUEST,
    "1 part of the request cannot be used.",
    ProblemError(pointer="#/path/webhook_id", detail="must be a UUID"),
)
FORBIDDEN = errors.ForbiddenAddress("its host has a private or loopback address")
NO_WEBHOOK = (INVALID_ID, errors.WebhookNotFound(WEBHOOK_ID))
NO_DELIVERY = errors.DeliveryNotFound(DELIVERY_ID)
