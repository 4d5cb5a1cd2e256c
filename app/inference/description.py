"""What a model folder says of itself. `metrics.json` is no part of the version: measuring again changes no answer.

    {"model": "name@digest", "base": "...", "licence": "...", "tables": [{"id", "title", "note", "columns", "rows"}]}

`python -m training.evaluate --write` writes it, and the model card from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.domain.models import ModelDescription, Table
from app.inference.claims.folder import ClaimFolder
from app.inference.model_folder import InvalidModel, ModelFolder, bundled_names

METRICS = "metrics.json"


def described(folder: ModelFolder) -> ModelDescription:
    """Raises InvalidModel for a metrics.json that cannot be read; without one there are no figures."""
    return _described(folder, languages=folder.config.languages, calibrated=folder.config.is_calibrated)


def described_claims(folder: ClaimFolder) -> ModelDescription:
    """The same of the pair model."""
    return _described(folder, languages=folder.config.languages, calibrated=True)


def _described(folder: ModelFolder | ClaimFolder, *, languages: frozenset[str], calibrated: bool) -> ModelDescription:
    metrics = read_metrics(folder.path / METRICS)
    try:
        # Figures of other files than these would be a false promise.
        own = metrics.get("model") == folder.version
        return ModelDescription(
            version=folder.version,
            languages=languages,
            size=folder.size,
            calibrated=calibrated,
            base=metrics.get("base"),
            licence=metrics.get("licence"),
            evaluation=tuple(map(table_of, metrics.get("tables", ()))) if own else (),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidModel(f"{METRICS}: {error!r}") from error


@cache
def bundled() -> Mapping[str, ModelDescription]:
    """The models that come with the service, by version."""
    found = [*(described(ModelFolder.open(name)) for name in bundled_names()), described_claims(ClaimFolder.open())]
    return {description.version: description for description in found}


def read_metrics(path: Path) -> dict[str, Any]:
    """Empty where there is no such file. Raises InvalidModel for one that is no JSON object."""
    try:
        values = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise InvalidModel(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise InvalidModel(f"{path} is no JSON object")
    return values


def table_of(value: Mapping[str, Any]) -> Table:
    """Raises KeyError, TypeError or ValueError for another form."""
    rows = tuple(tuple(row) for row in value["rows"])
    if not all(cell is None or isinstance(cell, str | int | float) for row in rows for cell in row):
        raise ValueError("a cell is neither text nor number")
    return Table(str(value["id"]), str(value["title"]), str(value["note"]), tuple(map(str, value["columns"])), rows)
