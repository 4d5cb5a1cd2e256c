"""Who is told of what, and how far the telling has come. Ids are UUIDv7 strings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WebhookEvent(StrEnum):
    """What a webhook is told of: the end of a job."""

    JOB_FINISHED = "job.finished"
    JOB_CANCELLED = "job.cancelled"


class DeliveryState(StrEnum):
    """`failed` is given up; it can be replayed."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """`secret` signs; it is never shown again."""

    id: str
    url: str
    events: tuple[WebhookEvent, ...]
    secret: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """`body` is exactly what is sent and signed."""

    id: str
    webhook_id: str
    event: WebhookEvent
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime
    status: int | None
    error: str | None
    body: str
