from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.inference.annotator import TransformerAnnotator


@pytest.fixture(scope="session")
def annotator() -> Iterator[TransformerAnnotator]:
    """The real model, as it is shipped."""
    shipped = TransformerAnnotator("standpoint-en")
    yield shipped
    shipped.close()
