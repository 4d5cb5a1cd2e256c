"""The page that shows the contract. Everything it needs is in this package; nothing is fetched from the internet."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

from app.api.strict import StrictRoute

STATIC = Path(__file__).parent / "static"
ASSETS = {
    path.name: path
    for path in (
        STATIC / "docs.js",
        STATIC / "swagger-ui" / "swagger-ui-bundle.js",
        STATIC / "swagger-ui" / "swagger-ui.css",
        STATIC / "swagger-ui" / "favicon-32x32.png",
    )
}

# Swagger UI writes styles into its elements and draws its icons from data URLs; for the rest this origin must do.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {"Content-Security-Policy": POLICY}

router = APIRouter(include_in_schema=False, route_class=StrictRoute)


@router.get("/docs")
async def show_docs() -> FileResponse:
    return FileResponse(STATIC / "docs.html", headers=PAGE_HEADERS)


@router.get("/docs/{asset}")
async def show_asset(asset: str) -> FileResponse:
    if asset not in ASSETS:
        raise HTTPException(404)
    return FileResponse(ASSETS[asset])
