"""Wire models of webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from app.api.invalid import refuse
from app.api.schemas import Count, Id, Page, Request, Response, Url
from app.domain.webhooks import Delivery, DeliveryState, Webhook, WebhookEvent


def known_event(value: object) -> WebhookEvent:
    if value not in list(WebhookEvent):
        raise refuse(f"must be one of {', '.join(WebhookEvent)}")
    return WebhookEvent(str(value))


Event = Annotated[WebhookEvent, BeforeValidator(known_event)]


class WebhookRequest(Request):
    """Whom to tell of what."""

    url: Url = Field(description="Where to POST to. Its host must have public addresses, unless the service is set otherwise.")
    events: list[Event] = Field(min_length=1, max_length=10, description="What to be told of.")
    secret: str = Field(
        min_length=16,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description=(
            "Signs every call: HMAC-SHA256 over `TIMESTAMP.BODY`, as `Standpoint-Signature: t=TIMESTAMP,v1=HEX`. "
            "It is never shown again."
        ),
    )


class WebhookResponse(Response):
    """Without its secret."""

    id: Id
    url: str
    events: list[WebhookEvent]
    created_at: datetime

    @classmethod
    def of(cls, hook: Webhook) -> WebhookResponse:
        return cls(id=hook.id, url=hook.url, events=list(hook.events), created_at=hook.created_at)


class WebhookPageResponse(Page[WebhookResponse]):
    """Webhooks, the newest first."""


class DeliveryResponse(Response):
    """One event for one webhook."""

    id: Id
    event: WebhookEvent
    state: DeliveryState = Field(description="`waiting` for its next attempt, `delivered`, or `failed` after the last.")
    attempts: Count
    created_at: datetime
    next_at: datetime = Field(description="Of one that waits: not before.")
    status: int | None = Field(description="What the receiver answered last.", ge=100, le=599)
    error: str | None = Field(description="Why there was no answer.")

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryResponse:
        return cls(
            id=delivery.id,
            event=delivery.event,
            state=delivery.state,
            attempts=delivery.attempts,
            created_at=delivery.created_at,
            next_at=delivery.next_at,
            status=delivery.status,
            error=delivery.error,
        )


class DeliveryPageResponse(Page[DeliveryResponse]):
    """Deliveries, the newest first."""
