"""The tiers that come with the project open and read; what they are worth, `make evaluate` measures."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.domain.values import ArticleText, Stance
from app.inference.annotator import TransformerAnnotator
from app.inference.batched import Options
from app.inference.description import described
from app.inference.model_folder import ModelFolder

TIERS = Path(__file__).parents[2] / "deploy" / "models"
TEXT = ArticleText("Germany praised France for its patience on Monday while condemning Belarus for jailing journalists.")


@pytest.mark.parametrize("folder", sorted(TIERS.iterdir()), ids=lambda folder: folder.name)
def test_a_tier_beside_the_default_one_reads_and_has_figures_of_its_own(folder: Path) -> None:
    tier = ModelFolder.open(folder)
    assert tier.config.name == folder.name
    assert tier.version != ModelFolder.open("standpoint-en").version
    assert described(tier).evaluation
    assert all(path.stat().st_size < 95_000_000 for path in folder.iterdir())
    annotator = TransformerAnnotator(folder, options=Options(threads=1))
    try:
        said = asyncio.run(annotator.annotate(TEXT, targets=["press freedom"]))
    finally:
        annotator.close()
    found = {each.country: each.stance for each in said.countries}
    (topic,) = said.targets
    # What a tier has not learnt it says nothing of, rather than guess.
    assert (topic.scores is None, topic.stance is None) == (tier.config.topics is None, tier.config.topics is None)
    assert (found["FR"], found["BY"], found["DE"]) == (Stance.FAVOR, Stance.AGAINST, Stance.NEUTRAL)
