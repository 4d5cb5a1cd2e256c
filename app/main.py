"""create_app(): the parts put together, and what has to happen before the first request and after the last."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from fastapi import FastAPI

from app.api.application import build, refuse_unguarded
from app.dispatch import opening
from app.dispatch.addresses import Resolver
from app.dispatch.opening import Dispatcher
from app.domain.errors import StandpointError
from app.entrance import open_access
from app.inference.annotator import TransformerAnnotator
from app.inference.batched import Options
from app.inference.batching import Limits
from app.inference.claims.reader import TransformerClaimReader
from app.inference.model_folder import InvalidModel
from app.inference.opening import opened
from app.inference.pair_annotator import PairAnnotator
from app.refusal import Refusal
from app.services.activate import activate
from app.services.ports import Annotator, ClaimReader
from app.services.watch import renew
from app.settings import Settings
from app.storage import schema
from app.storage.database import Store
from app.storage.schema import SchemaMismatch
from app.traces import otlp
from app.upkeep import upkeep

WAITING_SHARE = 0.2
"""Of the deadline, that a request may wait for those before it; the rest is for the request itself and for a slower machine."""


def create_app(
    settings: Settings,
    *,
    annotator: Annotator | None = None,
    store: Store | None = None,
    dispatcher: Dispatcher | None = None,
    claims: ClaimReader | None = None,
) -> FastAPI:
    """What is given is used as it is; by default all is made from the settings when the app starts. Who gives an annotator gives
    the reader of claims that goes with it, or there is none.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        refuse_unguarded(app)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(otlp.opened())
            app.state.store = store or stack.enter_context(open_store(settings))
            with refusing():
                app.state.access = await stack.enter_async_context(open_access(settings, app.state.store))
            await stack.enter_async_context(upkeep(settings, app.state.store))
            app.state.annotator = annotator or stack.enter_context(open_annotator(settings))
            app.state.claims = claims if annotator or claims else stack.enter_context(open_claims(settings, app.state.annotator))
            app.state.dispatcher = dispatcher or opening.dispatcher(app.state.store, private=settings.webhook_private)
            with refusing():
                await activate(app.state.store, app.state.annotator)
                await renew(app.state.store, app.state.claims)
            if settings.bulk_work:
                reading = {"stopping": app.state.stopping.is_set, "claims": app.state.claims}
                await stack.enter_async_context(app.state.dispatcher.working(app.state.annotator, **reading))
            yield

    app = build(lifespan, origins=settings.allowed_origins, hosts=settings.trusted_hosts)
    app.state.stopping = threading.Event()
    app.state.addresses = Resolver(private=settings.webhook_private)
    app.state.settings = settings
    return app


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """A SQLite file is migrated first; PostgreSQL must have been, since several processes may share it."""
    with refusing():
        store = Store(settings.database_url)
        schema.prepare(settings.database_url, store.engine)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_annotator(settings: Settings) -> Iterator[TransformerAnnotator | PairAnnotator]:
    """Verified, loaded and warm: one real inference has run. At the end it answers what it accepted."""
    with refusing():
        annotator = opened(settings.model, options=_options(settings))
    try:
        yield annotator
    finally:
        annotator.close()


@contextmanager
def open_claims(settings: Settings, annotator: Annotator) -> Iterator[ClaimReader | None]:
    """None where claims are switched off, or the model that annotates makes no vectors to compare them with."""
    if not (settings.claims and isinstance(annotator, TransformerAnnotator) and annotator.makes_vectors):
        yield None
        return
    with refusing():
        reader = TransformerClaimReader(annotator, options=_options(settings))
    try:
        yield reader
    finally:
        reader.close()


def _options(settings: Settings) -> Options:
    return Options(
        text_limit=settings.text_limit,
        threads=settings.threads,
        deadline=settings.deadline_seconds,
        limits=Limits(jobs=settings.queue_limit, seconds=settings.deadline_seconds * WAITING_SHARE),
    )


@contextmanager
def refusing() -> Iterator[None]:
    """Turns what a wrong setting or a missing part causes into one line."""
    try:
        yield
    except InvalidModel as error:
        raise Refusal(f"the model cannot be used: {error}") from error
    except (SchemaMismatch, StandpointError, ValueError) as error:
        raise Refusal(str(error)) from error
