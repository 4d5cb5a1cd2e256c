"""What routes are handed: the parts that `create_app` put together, and ids.

All are coroutines although none of them waits: FastAPI sends plain functions to worker threads, and beside a busy encoder such
a trip takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from app.api import country_codes
from app.domain.keys import Caller
from app.domain.values import CountryCode
from app.services.ports import Addresses, Annotator, ClaimReader, Dispatcher
from app.settings import Settings
from app.storage.database import Store


async def settings(request: Request) -> Settings:
    return request.app.state.settings  # type: ignore[no-any-return]


async def store(request: Request) -> Store:
    return request.app.state.store  # type: ignore[no-any-return]


async def annotator(request: Request) -> Annotator:
    return request.app.state.annotator  # type: ignore[no-any-return]


async def claims(request: Request) -> ClaimReader | None:
    """None where nothing reads claims."""
    return request.app.state.claims  # type: ignore[no-any-return]


async def claim_id(claim_id: Annotated[UUID, Path(description="A UUIDv7, as `id` of the claim has it.")]) -> str:
    return str(claim_id)


async def caller(request: Request) -> Caller:
    return request.state.caller  # type: ignore[no-any-return]


async def reviewer(caller: Annotated[Caller, Depends(caller)]) -> str:
    """Whose word a correction is. Keys of one name are one reviewer, as after `standpoint keys rotate`."""
    return caller.name


async def article_id(article_id: Annotated[UUID, Path(description="A UUIDv7, as `id` of the article has it.")]) -> str:
    return str(article_id)


async def annotation_id(annotation_id: Annotated[UUID, Path(description="A UUIDv7, as `id` of the annotation has it.")]) -> str:
    return str(annotation_id)


async def correction_id(correction_id: Annotated[UUID, Path(description="A UUIDv7, as `id` of the correction has it.")]) -> str:
    return str(correction_id)


async def country_code(code: Annotated[str, Path(description="ISO 3166-1 alpha-2, or XK.", max_length=100)]) -> CountryCode:
    return country_codes.known(code)


async def dispatcher(request: Request) -> Dispatcher:
    return request.app.state.dispatcher  # type: ignore[no-any-return]


async def stopping(request: Request) -> Callable[[], bool]:
    """Whether the process is to end."""
    return request.app.state.stopping.is_set  # type: ignore[no-any-return]


async def addresses(request: Request) -> Addresses:
    return request.app.state.addresses  # type: ignore[no-any-return]


async def webhook_id(webhook_id: Annotated[UUID, Path(description="A UUIDv7, as `id` of the webhook has it.")]) -> str:
    return str(webhook_id)


async def delivery_id(delivery_id: Annotated[UUID, Path(description="A UUIDv7, as `id` of the delivery has it.")]) -> str:
    return str(delivery_id)


async def job_id(job_id: Annotated[UUID, Path(description="A UUIDv7, as `id` of the job has it.")]) -> str:
    return str(job_id)


_MODEL = Path(
    min_length=1,
    max_length=200,
    pattern="^[A-Za-z0-9._+@-]+$",
    description="`name@digest`; the @ may be percent-encoded.",
    examples=["standpoint-en@4f0c1d9a72be"],
)


UsesSettings = Annotated[Settings, Depends(settings)]
UsesStore = Annotated[Store, Depends(store)]
UsesAnnotator = Annotated[Annotator, Depends(annotator)]
UsesClaims = Annotated[ClaimReader | None, Depends(claims)]
ClaimId = Annotated[str, Depends(claim_id)]
UsesDispatcher = Annotated[Dispatcher, Depends(dispatcher)]
UsesStopping = Annotated[Callable[[], bool], Depends(stopping)]
UsesAddresses = Annotated[Addresses, Depends(addresses)]
WebhookId = Annotated[str, Depends(webhook_id)]
DeliveryId = Annotated[str, Depends(delivery_id)]
JobId = Annotated[str, Depends(job_id)]
UsesCaller = Annotated[Caller, Depends(caller)]
UsesReviewer = Annotated[str, Depends(reviewer)]
ArticleId = Annotated[str, Depends(article_id)]
AnnotationId = Annotated[str, Depends(annotation_id)]
CountryInPath = Annotated[CountryCode, Depends(country_code)]
CorrectionId = Annotated[str, Depends(correction_id)]
ModelId = Annotated[str, _MODEL]
Before = Annotated[str, _MODEL]
After = Annotated[str, _MODEL]
