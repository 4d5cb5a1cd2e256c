"""Put an event before all who want to hear of it, in the transaction in which it happens."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from app.domain.webhooks import WebhookEvent
from app.services import follow
from app.storage import webhooks
from app.storage.database import Session


def tell(session: Session, event: WebhookEvent, job_id: UUID, now: datetime) -> None:
    """One delivery for each webhook that asked for this event."""
    hooks = [hook for hook in map(webhooks.read, session.scalars(webhooks.every())) if event in hook.events]
    if not hooks:
        return
    body = _body(session, event, job_id, now)
    session.execute(webhooks.telling(), [webhooks.delivery_row(hook, event, body, now) for hook in hooks])


def _body(session: Session, event: WebhookEvent, job_id: UUID, now: datetime) -> str:
    job = follow.present(session, str(job_id))
    progress = job.progress
    about = {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
    }
    return json.dumps({"event": event, "created_at": now.isoformat(), "job": about}, separators=(",", ":"))
