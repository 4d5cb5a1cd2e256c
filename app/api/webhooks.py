"""Webhooks: register, list, remove; see and replay what was told."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body

from app.api import examples, examples_webhooks
from app.api.dependencies import DeliveryId, UsesAddresses, UsesStore, WebhookId
from app.api.pages import LINK, UsesLinks
from app.api.queries import Paging
from app.api.responses import failures, success
from app.api.schemas_webhooks import (
    DeliveryPageResponse,
    DeliveryResponse,
    WebhookPageResponse,
    WebhookRequest,
    WebhookResponse,
)
from app.api.strict import StrictRoute
from app.services import webhooks

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=StrictRoute)

Registered = Annotated[WebhookRequest, Body(openapi_examples=examples.requests(the_end_of_jobs=examples_webhooks.REQUEST))]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="Register a webhook",
    responses=success(201, "From now on it is told.", examples_webhooks.WEBHOOK)
    | failures(*examples.BODY, examples_webhooks.FORBIDDEN, examples.STORAGE),
)
async def create_webhook(body: Registered, store: UsesStore, addresses: UsesAddresses) -> WebhookResponse:
    """Each event is stored together with what it tells of, signed, and sent until it is accepted, twelve times at most."""
    return WebhookResponse.of(await webhooks.register(store, addresses, body.url, body.events, body.secret))


@router.get(
    "",
    summary="List webhooks",
    responses=success(200, "One page, without secrets.", examples_webhooks.WEBHOOKS, headers=LINK)
    | failures(*examples.CURSORS, examples.STORAGE),
)
async def list_webhooks(paging: Paging, links: UsesLinks, store: UsesStore) -> WebhookPageResponse:
    """The newest first."""
    return links.page(
        WebhookPageResponse, WebhookResponse.of, await webhooks.all_webhooks(store, limit=paging.limit, cursor=paging.cursor)
    )


@router.delete(
    "/{webhook_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Remove a webhook",
    responses=success(204, "It is gone, with its deliveries.") | failures(*examples_webhooks.NO_WEBHOOK, examples.STORAGE),
)
async def delete_webhook(webhook_id: WebhookId, store: UsesStore) -> None:
    """A call that is on its way may still arrive."""
    await webhooks.remove(store, webhook_id)


@router.get(
    "/{webhook_id}/deliveries",
    summary="List the deliveries of a webhook",
    responses=success(200, "One page, the newest first.", examples_webhooks.DELIVERIES, headers=LINK)
    | failures(*examples_webhooks.NO_WEBHOOK, *examples.CURSORS, examples.STORAGE),
)
async def list_deliveries(webhook_id: WebhookId, paging: Paging, links: UsesLinks, store: UsesStore) -> DeliveryPageResponse:
    """What was told, and what became of it."""
    found = await webhooks.deliveries(store, webhook_id, limit=paging.limit, cursor=paging.cursor)
    return links.page(DeliveryPageResponse, DeliveryResponse.of, found)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    summary="Replay a delivery",
    responses=success(200, "It waits to be sent again.", examples_webhooks.DELIVERY)
    | failures(*examples_webhooks.NO_WEBHOOK, examples_webhooks.NO_DELIVERY, examples.STORAGE),
)
async def replay_delivery(webhook_id: WebhookId, delivery_id: DeliveryId, store: UsesStore) -> DeliveryResponse:
    """The same body with the same delivery id and a new timestamp, whatever became of it before."""
    return DeliveryResponse.of(await webhooks.replay(store, webhook_id, delivery_id))
