"""A Hugging Face sequence-pair classifier on torch. No other module imports torch; this one is loaded when it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from huggingface_hub import snapshot_download
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from app.domain.values import Span, Stance
from app.inference.cores import usable_cores
from app.inference.engine import Floats
from app.inference.model_folder import InvalidModel
from app.inference.pairs import Context, Pair

# No pickle: what is downloaded by name must not be able to run code.
FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
# Words that say of themselves which stance they are. An entailment is none: what would be entailed is not a country's name.
NAMES = {
    "favor": Stance.FAVOR,
    "favour": Stance.FAVOR,
    "positive": Stance.FAVOR,
    "neutral": Stance.NEUTRAL,
    "none": Stance.NEUTRAL,
    "against": Stance.AGAINST,
    "negative": Stance.AGAINST,
}
# Tokenizers that know no limit give 10**30; then the usual size of a position table holds.
USUAL_LIMIT = 512


@dataclass(frozen=True, slots=True)
class Encoded:
    """The inputs of one pair, as lists of one length."""

    inputs: Mapping[str, list[int]]

    def __len__(self) -> int:
        return len(self.inputs["input_ids"])


class PairModel:
    """Runs on a GPU if there is one. Raises InvalidModel for what is no such classifier, or has labels that name no stances."""

    def __init__(self, name: str, *, threads: int = 0) -> None:
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = located(name)
        torch.set_num_threads(threads or usable_cores())
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder)
            model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
        except (OSError, ValueError, KeyError) as error:
            raise InvalidModel(f"{name} cannot be read as a sequence classifier: {first_line(error)}") from error
        if not self._tokenizer.is_fast:
            raise InvalidModel(f"{name} has no fast tokenizer, so that offsets are unknown")
        self._columns = columns_of(model.config.id2label)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = model.eval().to(self._device)
        positions = getattr(model.config, "max_position_embeddings", USUAL_LIMIT)
        self._limit = min(self._tokenizer.model_max_length, positions, USUAL_LIMIT)
        self.digest = digest_of(folder)
        self.size = sum(path.stat().st_size for path in files_of(folder))
        self.base = Path(name).name if Path(name).is_dir() else name

    def encode(self, pair: Pair) -> tuple[Encoded, Span]:
        """The inputs, and what of the context they show: all of it, or what fits around the mention."""
        shown = self._fitting(pair)
        text = pair.context.text[shown.start : shown.end]
        return Encoded({name: list(ids) for name, ids in self._tokenizer(text, pair.name).items()}), shown

    def run(self, rows: Sequence[Encoded]) -> list[Floats]:
        """Logits [3] of each, in the order of the stances."""
        batch = self._tokenizer.pad([dict(row.inputs) for row in rows], return_tensors="pt").to(self._device)
        with torch.inference_mode():
            logits = self._model(**batch).logits[:, self._columns]
        return list(logits.float().cpu().numpy())

    def _fitting(self, pair: Pair) -> Span:
        context = pair.context
        if len(self._tokenizer(context.text, pair.name)["input_ids"]) <= self._limit:
            return Span(0, len(context.text))
        offsets = self._tokenizer(context.text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        # Special tokens and the name stay; half of the rest goes to either side of the mention.
        room = self._limit - len(self._tokenizer("", pair.name)["input_ids"])
        return around(context, np.array(offsets).reshape(-1, 2), room)


def around(context: Context, offsets: np.ndarray[tuple[int, ...], np.dtype[np.int64]], room: int) -> Span:
    """At most `room` tokens of the context, with the mention in the middle as far as the text allows."""
    middle = int(np.searchsorted(offsets[:, 1], context.mention.start, side="right"))
    first = max(0, min(middle - room // 2, len(offsets) - room))
    last = min(first + max(room, 1), len(offsets)) - 1
    return Span(int(offsets[first, 0]), int(offsets[last, 1]))


def columns_of(labels: Mapping[int, str]) -> list[int]:
    """The column of each stance. Raises InvalidModel unless the labels name every stance once and nothing else."""
    found = {NAMES[label.lower()]: column for column, label in labels.items() if label.lower() in NAMES}
    if len(labels) != len(Stance) or len(found) != len(Stance):
        raise InvalidModel(
            f"its labels are {', '.join(labels.values())}; needed are three: favor, favour or positive; neutral or none;"
            " against or negative (id2label in its config.json)"
        )
    return [int(found[stance]) for stance in Stance]


def located(name: str) -> Path:
    """The folder, or where the model of that name was downloaded to. Raises InvalidModel."""
    if Path(name).is_dir():
        return Path(name)
    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except (OSError, ValueError) as error:
        raise InvalidModel(f"{name} is neither a folder nor a model that can be fetched: {first_line(error)}") from error


def files_of(folder: Path) -> list[Path]:
    return sorted({path for pattern in FILES for path in folder.glob(pattern)}, key=lambda path: path.name)


def digest_of(folder: Path) -> str:
    """SHA-256 over names and contents of all files that can change an answer."""
    digest = hashlib.sha256()
    for path in files_of(folder):
        with path.open("rb") as stream:
            digest.update(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {path.name}\n".encode())
    return digest.hexdigest()


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
