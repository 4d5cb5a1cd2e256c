"""Write SHA256SUMS for a model folder: `python -m training.seal FOLDER`. Its own digest is the model's version."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from app.inference.model_folder import SUMS, ModelFolder, present


def seal(folder: Path) -> str:
    """The new version, `name@digest`."""
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in present(folder)]
    (folder / SUMS).write_text("".join(lines))
    return ModelFolder.open(folder).version


if __name__ == "__main__":
    print(seal(Path(sys.argv[1])))
