"""Take deliveries that are due, and write down what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.domain.records import now
from app.domain.webhooks import Delivery, DeliveryState, Webhook
from app.services import steps
from app.storage import webhooks
from app.storage.database import Session, Store
from app.traces.spans import spanned

AT_ONCE = 16

LEASE = timedelta(minutes=1)
"""How long a delivery that was taken is left to who took it: longer than any call may last. Then it is due again."""

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 12
"""With pauses that double from 10 s, the last is some 6 hours after the first: a receiver may be away for an evening."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said: its status, or why there is none."""

    status: int | None = None
    error: str | None = None

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def take(store: Store) -> list[tuple[Delivery, Webhook]]:
    """No other process takes the same ones."""
    return await steps.write(store, _take)


@spanned
async def record(store: Store, delivery: Delivery, answer: Answer) -> None:
    await steps.write(store, _record, delivery, answer)


def _take(session: Session) -> list[tuple[Delivery, Webhook]]:
    moment = now()
    rows = session.execute(webhooks.due(moment, limit=AT_ONCE)).all()
    for delivery, _ in rows:
        session.execute(webhooks.change(delivery.id, next_at=moment + LEASE, attempts=delivery.attempts + 1))
    return [(webhooks.read_delivery(delivery), webhooks.read(hook)) for delivery, hook in rows]


def _record(session: Session, delivery: Delivery, answer: Answer) -> None:
    attempts = delivery.attempts + 1
    if answer.accepted:
        state = DeliveryState.DELIVERED
    else:
        state = DeliveryState.WAITING if attempts < MOST_ATTEMPTS else DeliveryState.FAILED
    next_at = now() + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1))
    changes = {"state": state, "next_at": next_at, "status": answer.status, "error": answer.error}
    session.execute(webhooks.change(UUID(delivery.id), **changes))
