"""What the shipped encoder makes of sentences, kept on disk: `python -m training.relations.features MODEL DATA OUT`.

The relation head learns on top of an encoder that stays as it is, so that no stance changes. It reads the vectors after LAYERS
layers: deeper ones know the stances of their training sentences by heart (docs/decisions/0049).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from app.inference.encoding import TextEncoder
from training.relations.items import LONGEST, items
from training.relations.vectors import after, part_of, vectors

BATCH, LAYERS = 24, 6


def main(model: Path, data: Path, out: Path) -> None:
    encoder = TextEncoder(model / "tokenizer.json", max_tokens=LONGEST)
    running = part_of(model, [after(LAYERS)])
    out.mkdir(parents=True, exist_ok=True)
    for part in ("dev", "train"):
        found = sorted(items(data / f"relations-dse-{part}.jsonl", encoder), key=lambda item: len(item.row))
        kept = []
        for first in range(0, len(found), BATCH):
            group = found[first : first + BATCH]
            made = vectors(running, [item.row for item in group])
            kept += [one[: len(item.row)].astype(np.float16) for one, item in zip(made, group, strict=True)]
        np.save(out / f"{part}.npy", np.concatenate(kept))
        index = [{"id": i.id, "n": len(i.row), "spans": i.row.spans.tolist(), "label": i.label} for i in found]
        (out / f"{part}.json").write_text(json.dumps(index))
        print(f"{part}: {len(found)} pairs", flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
