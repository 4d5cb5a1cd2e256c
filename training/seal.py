"""Write SHA256SUMS for a model folder: `python -m training.seal FOLDER`. Its own digest is the model's version."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from app.inference.claims import folder as claims
from app.inference.model_folder import SUMS, ModelFolder, present


def seal(folder: Path) -> str:
    """The new version, `name@digest`."""
    _sum_up(folder, present(folder))
    return ModelFolder.open(folder).version


def seal_claims(folder: Path) -> str:
    """The same of a pair model."""
    _sum_up(folder, claims.NEEDED)
    return claims.ClaimFolder.open(folder).version


def _sum_up(folder: Path, names: Sequence[str]) -> None:
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in sorted(names)]
    (folder / SUMS).write_text("".join(lines))


if __name__ == "__main__":
    print(seal(Path(sys.argv[1])))
