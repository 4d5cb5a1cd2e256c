"""Print the tables of topics alone, of the shipped files and without torch:

    python -m training.topics.evaluate DATA [--model FOLDER]

`python -m training.evaluate` has them among all others, and writes and checks the model card.
"""

from __future__ import annotations

from pathlib import Path

import typer

from app.inference.annotator import TransformerAnnotator
from training.tables import rendered
from training.topics.tables import tables


def main(data: Path, model: str = "standpoint-en") -> None:
    annotator = TransformerAnnotator(model)
    try:
        found = rendered(tables(annotator, data))
        print(found or f"{annotator.version} judges no topics: `python -m training.topics.calibrate` makes it do so")
    finally:
        annotator.close()


if __name__ == "__main__":
    typer.run(main)
