"""The card and the README say what the code does."""

import re
from pathlib import Path

import pytest

from app.inference.claims.folder import BUNDLED as CLAIMS
from app.inference.model_folder import BUNDLED, ModelFolder
from app.inference.packed import GRAPH, PACKED
from training.data import own_examples

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "file", ["README.md", "CHANGELOG.md", "training/README.md", "app/inference/bundled/standpoint-en/MODEL_CARD.md"]
)
def test_no_document_has_a_gap(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert text.strip()
    assert "@TRAINING@" not in text
    assert not [word for word in text.split() if word.startswith("@") and word.endswith("@")]


def test_the_own_text_has_as_many_items_as_its_readme_says() -> None:
    examples = own_examples()
    spans = sum(len(example.spans) for example in examples)
    assert f"{len(examples):,} sentences and short passages about countries with {spans:,} marked" in (
        ROOT / "training" / "README.md"
    ).read_text(encoding="utf-8")


def test_the_figures_of_the_readme_are_those_of_the_card() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    card = ModelFolder.open("standpoint-en").file("MODEL_CARD.md").read_text(encoding="utf-8")
    figures = re.findall(r"^\| stance, (NewsMTSC-mt|NewsMTSC-rw|RuSentNE-en)[^|]*\| ([\d.]+)", readme, re.MULTILINE)
    assert len(figures) == 3
    for test, figure in figures:
        assert re.search(rf"^\| {test}[^|]*\| \d+ \| {figure} \|", card, re.MULTILINE), test


def test_the_answers_in_the_readme_are_those_of_the_shipped_model() -> None:
    assert ModelFolder.open("standpoint-en").version in (ROOT / "README.md").read_text(encoding="utf-8")


def test_both_models_are_below_70_megabytes() -> None:
    folders = ModelFolder.open("standpoint-en").path, CLAIMS
    assert sum((folder / name).stat().st_size for folder in folders for name in (GRAPH, PACKED)) < 70_000_000
    assert all(path.stat().st_size < 95_000_000 for path in BUNDLED.rglob("*") if path.is_file())
