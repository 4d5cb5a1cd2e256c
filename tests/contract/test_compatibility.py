"""What breaks clients of the last tagged version is announced, and what is announced is there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract.tools import DOCUMENT, HERE, NODE_BIN, ROOT, output, run

pytestmark = pytest.mark.contract

KEPT = ROOT / "docs" / "openapi"
Breach = tuple[str, str, str]
"""Rule, place and message, as `redocly diff` words them."""


def last_tagged() -> Path:
    return max(KEPT.glob("v*.json"), key=lambda path: [int(number) for number in path.stem.removeprefix("v").split(".")])


def announcements() -> list[dict[str, str]]:
    return json.loads((KEPT / "announced.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def breaches(revision: Path) -> set[Breach]:
    """All that `redocly diff` rates as major against the last tagged document."""
    options = ["--config", HERE / "redocly.yaml", "--format", "json", "--fail-on", "none"]
    finished = run(NODE_BIN / "redocly", "diff", last_tagged(), revision, *options)
    assert finished.returncode == 0, output(finished)
    changes: list[dict[str, Any]] = json.loads(finished.stdout)["changes"]
    return {
        (verdict["ruleId"], change["path"], verdict["message"])
        for change in changes
        for verdict in change["verdicts"]
        if verdict["impact"] == "major"
    }


def announces(announcement: dict[str, str], breach: Breach) -> bool:
    rule, place, message = breach
    return (
        announcement["rule"] == rule
        and re.search(announcement.get("place", ""), place) is not None
        and re.search(announcement.get("message", ""), message) is not None
    )


def test_nothing_breaks_clients_of_the_last_version_unannounced() -> None:
    found = breaches(DOCUMENT)
    silent = [breach for breach in sorted(found) if not any(announces(each, breach) for each in announcements())]
    print(f"{len(found)} breaking changes since {last_tagged().stem}, {len(silent)} of them unannounced")
    assert not silent, "\n".join(map(str, silent))
    unfounded = [each for each in announcements() if not any(announces(each, breach) for breach in found)]
    assert not unfounded
    assert all(len(each["reason"].split()) > 4 for each in announcements())


def test_an_operation_that_is_gone_and_a_field_that_is_gone_break_clients(tmp_path: Path) -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    del document["paths"]["/v1/models"]
    for part in ("properties", "required"):
        fields = document["components"]["schemas"]["StanceResponse"][part]
        fields.remove("salience") if isinstance(fields, list) else fields.pop("salience")
    spoiled = tmp_path / "openapi.json"
    spoiled.write_text(json.dumps(document), encoding="utf-8")
    assert {"path-removed", "property-removed"} <= {rule for rule, _, _ in breaches(spoiled) - breaches(DOCUMENT)}
