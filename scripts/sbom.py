"""The software bill of materials as CycloneDX 1.6: what the service installs, under which licences, and the model's files.

python -m scripts.sbom > sbom.json
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "standpoint"
MODEL = Path(__file__).parents[1] / "app" / "inference" / "bundled" / "standpoint-en"

# Where a package says its licence in words only, or in a file, by who read it.
READ = {"sentencex": "MIT", "fasttext-predict": "MIT", "robust-downloader": "MIT"}

CLASSIFIERS = {
    "OSI Approved :: MIT License": "MIT",
    "OSI Approved :: Apache Software License": "Apache-2.0",
    "OSI Approved :: BSD License": "BSD-3-Clause",
    "OSI Approved :: ISC License (ISCL)": "ISC",
    "OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
}
WORDS = {
    "MIT License": "MIT",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0 License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "MPL-2.0 AND MIT": "MPL-2.0 AND MIT",
}


def needed(name: str = PROJECT, extras: frozenset[str] = frozenset()) -> dict[str, Distribution]:
    """The installed packages that this one needs, itself included, by canonical name."""
    found: dict[str, Distribution] = {}
    waiting = [(name, extras)]
    seen = set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        found[canonicalize_name(key[0])] = distribution(key[0])
        waiting += list(requirements(found[canonicalize_name(key[0])], key[1]))
    return found


def requirements(package: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Those that hold on this platform."""
    for line in package.requires or ():
        required = Requirement(line)
        if required.marker and not any(required.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        yield required.name, frozenset(required.extras)


def licence(package: Distribution) -> str | None:
    """As an SPDX expression; None where the package does not say it."""
    about = package.metadata
    name = canonicalize_name(about["Name"])
    if stated := about["License-Expression"]:
        return str(stated)
    classified = [part.removeprefix("License :: ") for part in about.get_all("Classifier", []) if part.startswith("License :: ")]
    known = sorted({CLASSIFIERS[part] for part in classified if part in CLASSIFIERS})
    if known:
        return " OR ".join(known)
    words = about["License"] or ""
    return READ.get(name) or WORDS.get(words) or (words if words in CLASSIFIERS.values() else None)


def document() -> dict[str, Any]:
    packages = needed()
    service = packages.pop(PROJECT)
    components = [_component(package) for _, package in sorted(packages.items())]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**_component(service), "type": "application"}},
        "components": [*components, *_files()],
        "dependencies": [_dependency(package, {PROJECT: service, **packages}) for package in (service, *packages.values())],
    }


def _component(package: Distribution) -> dict[str, Any]:
    stated = licence(package)
    return {
        "type": "library",
        "bom-ref": _purl(package),
        "name": package.metadata["Name"],
        "version": package.version,
        "purl": _purl(package),
        "licenses": [{"expression": stated}] if stated else [],
    }


def _files() -> Iterator[dict[str, Any]]:
    for path in sorted(MODEL.iterdir()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        kind = "machine-learning-model" if path.suffix == ".onnx" else "file"
        yield {"type": kind, "name": f"standpoint-en/{path.name}", "hashes": [{"alg": "SHA-256", "content": digest}]}


def _dependency(package: Distribution, among: dict[str, Distribution]) -> dict[str, Any]:
    names = {canonicalize_name(name) for name, _ in requirements(package, frozenset())} & set(among)
    return {"ref": _purl(package), "dependsOn": sorted(_purl(among[name]) for name in names)}


def _purl(package: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(package.metadata['Name'])}@{package.version}"


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(document(), indent=2) + "\n")
    except PackageNotFoundError as missing:
        sys.exit(f"not installed: {missing.name}")
