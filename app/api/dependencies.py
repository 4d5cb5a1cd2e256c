"""What routes are handed: the parts that `create_app` put together, and ids.

All are coroutines although none of them waits: FastAPI sends plain functions to worker threads, and beside a busy encoder such
a trip takes milliseconds.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from app.api import country_codes
from app.domain.keys import Caller
from app.domain.values import CountryCode
from app.services.ports import Annotator
from app.settings import Settings
from app.storage.database import Store


async def settings(request: Request) -> Settings:
    return request.app.state.settings  # type: ignore[no-any-return]


async def store(request: Request) -> Store:
    return request.app.state.store  # type: ignore[no-any-return]


async def annotator(request: Request) -> Annotator:
    return request.app.state.annotator  # type: ignore[no-any-return]


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
UsesCaller = Annotated[Caller, Depends(caller)]
UsesReviewer = Annotated[str, Depends(reviewer)]
ArticleId = Annotated[str, Depends(article_id)]
CountryInPath = Annotated[CountryCode, Depends(country_code)]
AnnotationId = Annotated[str, Depends(annotation_id)]
CorrectionId = Annotated[str, Depends(correction_id)]
ModelId = Annotated[str, _MODEL]
Before = Annotated[str, _MODEL]
After = Annotated[str, _MODEL]
