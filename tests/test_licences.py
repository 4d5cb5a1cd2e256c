"""What the service installs may be used under Apache-2.0 terms, is pinned, and is listed."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.utils import canonicalize_name

from app.inference.model_folder import BUNDLED
from scripts import sbom

ROOT = Path(__file__).parents[1]

# Licences that ask a user of the service for no more than Apache-2.0 does. LGPL and MPL hold for changes to the library itself,
# which is installed as it is and can be replaced.
ACCEPTED = {
    *("MIT", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "PSF-2.0", "Python-2.0", "0BSD", "Unlicense", "Zlib"),
    *("CNRI-Python", "MPL-2.0", "LGPL-3.0-only", "LGPL-3.0-or-later", "BSL-1.0", "CC0-1.0", "Apache-2.0 WITH LLVM-exception"),
}


def accepted(expression: str) -> bool:
    """One choice of `A OR B` is enough; of `A AND B` all are needed."""
    choices = [re.split(r"\s+AND\s+", choice.strip("() ")) for choice in re.split(r"\s+OR\s+", expression)]
    return any(all(part.strip("() ") in ACCEPTED for part in choice) for choice in choices)


def test_every_package_that_is_installed_states_a_licence_that_is_accepted() -> None:
    packages = sbom.needed()
    assert len(packages) > 30 and "fastapi" in packages and "pytest" not in packages
    stated = {name: sbom.licence(package) for name, package in packages.items()}
    assert {name: found for name, found in stated.items() if not found or not accepted(found)} == {}


def test_a_licence_that_asks_for_more_would_be_noticed() -> None:
    assert not accepted("GPL-3.0-or-later")
    assert not accepted("MIT AND AGPL-3.0-only")
    assert accepted("GPL-2.0-only OR MIT")


def test_every_package_that_is_installed_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    assert set(sbom.needed()) - {"standpoint"} <= pinned


def test_the_bill_of_materials_lists_packages_and_the_files_of_the_model() -> None:
    made = sbom.document()
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    references = {component["bom-ref"] for component in made["components"] if "bom-ref" in component}
    references.add(made["metadata"]["component"]["bom-ref"])
    assert all({entry["ref"], *entry["dependsOn"]} <= references for entry in made["dependencies"])
    hashes = {part["name"]: part["hashes"][0]["content"] for part in made["components"] if part["type"] != "library"}
    for line in (BUNDLED / "standpoint-en" / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashes[f"standpoint-en/{name.lstrip('*')}"] == digest
