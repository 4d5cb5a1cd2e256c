"""Statements on webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, Select, Update, delete, insert, select, update

from app.domain.webhooks import Delivery, DeliveryState, Webhook, WebhookEvent
from app.storage import ids
from app.storage.job_tables import DeliveryRow, WebhookRow
from app.storage.keyset import Keyset

NEWEST = Keyset((WebhookRow.id,))
NEWEST_DELIVERIES = Keyset((DeliveryRow.id,))


def new(url: str, events: tuple[WebhookEvent, ...], secret: str) -> Webhook:
    identifier = ids.new()
    return Webhook(str(identifier), url, events, secret, ids.moment(identifier))


def insertion(hook: Webhook) -> Insert:
    return insert(WebhookRow).values(
        id=UUID(hook.id), url=hook.url, events=list(hook.events), secret=hook.secret, created_at=hook.created_at
    )


def every() -> Select[WebhookRow]:
    return select(WebhookRow)


def found(webhook_id: UUID) -> Select[WebhookRow]:
    return select(WebhookRow).where(WebhookRow.id == webhook_id)


def removal(webhook_id: UUID) -> Delete:
    """The foreign key takes its deliveries along."""
    return delete(WebhookRow).where(WebhookRow.id == webhook_id)


def telling() -> Insert:
    """To be executed with rows from `delivery_row`."""
    return insert(DeliveryRow)


def delivery_row(hook: Webhook, event: WebhookEvent, body: str, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.new(),
        "webhook_id": UUID(hook.id),
        "event": event,
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "created_at": now,
        "next_at": now,
        "body": body,
    }


def deliveries_of(webhook_id: UUID) -> Select[DeliveryRow]:
    return select(DeliveryRow).where(DeliveryRow.webhook_id == webhook_id)


def delivery(webhook_id: UUID, delivery_id: UUID) -> Select[DeliveryRow]:
    return deliveries_of(webhook_id).where(DeliveryRow.id == delivery_id).execution_options(populate_existing=True)


def due(now: datetime, *, limit: int) -> Select[DeliveryRow, WebhookRow]:
    """Those that another process has just taken are passed over."""
    return (
        select(DeliveryRow, WebhookRow)
        .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
        .where(DeliveryRow.state == DeliveryState.WAITING, DeliveryRow.next_at <= now)
        .order_by(DeliveryRow.next_at)
        .limit(limit)
        .with_for_update(of=DeliveryRow, skip_locked=True)
    )


def change(delivery_id: UUID, **columns: Any) -> Update:
    return update(DeliveryRow).where(DeliveryRow.id == delivery_id).values(**columns)


def read(row: WebhookRow) -> Webhook:
    return Webhook(str(row.id), row.url, tuple(WebhookEvent(event) for event in row.events), row.secret, row.created_at)


def read_delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=str(row.id),
        webhook_id=str(row.webhook_id),
        event=WebhookEvent(row.event),
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        status=row.status,
        error=row.error,
        body=row.body,
    )
