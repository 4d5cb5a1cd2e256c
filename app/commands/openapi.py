"""standpoint openapi."""

from __future__ import annotations

import sys

from app.api import openapi
from app.api.application import build


def print_document() -> None:
    sys.stdout.write(openapi.text(build()))
