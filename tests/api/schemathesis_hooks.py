"""What Schemathesis has to be told: that lines are sent as the bytes they are."""

from __future__ import annotations

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "application/octet-stream")
