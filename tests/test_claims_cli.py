"""standpoint annotate --claim, as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands import annotate
from app.refusal import Refusal
from tests.test_process import ROOT

ARTICLE = "It rained. Officials denied that Kazakhstan closed its border."


def test_an_article_is_read_for_each_claim_in_the_order_of_the_line(tmp_path: Path) -> None:
    (tmp_path / "article.txt").write_text(ARTICLE)
    claims = ["Kazakhstan closed its border", "France built a tower"]
    program = [sys.executable, "-m", "tests.twin_server", "annotate", "--claim", claims[0], "--claim", claims[1]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        [*program, str(tmp_path / "article.txt")], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert finished.returncode == 0, finished.stderr
    said = json.loads(finished.stdout)
    assert [(each["claim"], each["stance"]) for each in said["claims"]] == list(
        zip(claims, ["disagree", "unrelated"], strict=True)
    )
    (evidence,) = said["claims"][0]["evidence"]
    assert ARTICLE[evidence["start"] : evidence["end"]] == evidence["quote"]


def test_claims_are_refused_in_one_line_where_nothing_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "article.txt").write_text(ARTICLE)
    monkeypatch.setenv("STANDPOINT_CLAIMS", "false")
    with pytest.raises(Refusal, match="no model that reads claims"):
        annotate.annotate([tmp_path / "article.txt"], claims=["Kazakhstan closed its border"])
