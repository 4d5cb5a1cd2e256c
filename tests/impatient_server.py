"""The twin's server with little patience, so that tests of slow clients need not be slow themselves."""

from __future__ import annotations

import sys

import app.main
from app.api import patience
from app.cli import main
from app.commands import connections
from tests.twin_server import open_annotator

SECONDS = 1.5

if __name__ == "__main__":
    for name in ("HEAD_SECONDS", "STALL_SECONDS", "LINGER_SECONDS"):
        setattr(connections, name, SECONDS)
    patience.BODY_SECONDS = SECONDS
    app.main.open_annotator = open_annotator  # type: ignore[assignment]
    sys.argv = ["standpoint", "serve"]
    main()
