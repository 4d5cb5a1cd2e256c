"""Webhooks: who wants to hear of events, and what became of the telling."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.domain.errors import DeliveryNotFound, WebhookNotFound
from app.domain.records import Page, now
from app.domain.webhooks import Delivery, DeliveryState, Webhook, WebhookEvent
from app.services import paging, steps
from app.services.ports import Addresses
from app.storage import cursors, ids, webhooks
from app.storage.database import Session, Store
from app.traces.spans import spanned


@spanned
async def register(store: Store, addresses: Addresses, url: str, events: Sequence[WebhookEvent], secret: str) -> Webhook:
    """Raises ForbiddenAddress, now and again at each delivery: a name can come to mean another address."""
    await addresses.check(url)
    return await steps.write(store, _register, webhooks.new(url, tuple(dict.fromkeys(events)), secret))


@spanned
async def all_webhooks(store: Store, *, limit: int, cursor: str | None = None) -> Page[Webhook]:
    """The newest first."""
    return await paging.page(
        store,
        webhooks.every(),
        webhooks.NEWEST,
        lambda row: webhooks.read(row[0]),
        bound_to=cursors.binding("webhooks"),
        limit=limit,
        cursor=cursor,
    )


@spanned
async def remove(store: Store, identifier: str) -> None:
    """With its deliveries. Raises WebhookNotFound."""
    await steps.write(store, _remove, identifier)


@spanned
async def deliveries(store: Store, identifier: str, *, limit: int, cursor: str | None = None) -> Page[Delivery]:
    """The newest first. Raises WebhookNotFound."""
    webhook_id = await steps.read(store, _existing, identifier)
    return await paging.page(
        store,
        webhooks.deliveries_of(webhook_id),
        webhooks.NEWEST_DELIVERIES,
        lambda row: webhooks.read_delivery(row[0]),
        bound_to=cursors.binding("deliveries", about=str(webhook_id)),
        limit=limit,
        cursor=cursor,
    )


@spanned
async def replay(store: Store, identifier: str, delivery_id: str) -> Delivery:
    """Once more, from the first attempt, whatever became of it. Raises WebhookNotFound and DeliveryNotFound."""
    return await steps.write(store, _replay, identifier, delivery_id)


def _register(session: Session, hook: Webhook) -> Webhook:
    session.execute(webhooks.insertion(hook))
    return hook


def _existing(session: Session, identifier: str) -> UUID:
    webhook_id = ids.parse(identifier)
    row = session.scalar(webhooks.found(webhook_id)) if webhook_id else None
    if row is None:
        raise WebhookNotFound(identifier)
    return row.id


def _remove(session: Session, identifier: str) -> None:
    session.execute(webhooks.removal(_existing(session, identifier)))


def _replay(session: Session, identifier: str, delivery_id: str) -> Delivery:
    wanted = webhooks.delivery(_existing(session, identifier), UUID(delivery_id))
    if (row := session.scalar(wanted)) is None:
        raise DeliveryNotFound(delivery_id)
    session.execute(webhooks.change(row.id, state=DeliveryState.WAITING, attempts=0, next_at=now(), status=None, error=None))
    return webhooks.read_delivery(session.scalars(wanted).one())
