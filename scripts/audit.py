"""make audit: is what is installed pinned, unchanged and licensed, and, where a service can be asked, known to be sound?

Everything but the last needs no network and is a test too. Known vulnerabilities are a matter of today: pip-audit asks PyPI's or
OSV's service, and where neither answers this says so and ends with 3, because a list of last year's would only calm.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scripts import sbom

ROOT = Path(__file__).parents[1]
PIP_AUDIT = ROOT / ".venv-audit" / "bin" / "pip-audit"
FOUND, UNREACHABLE = 1, 3


def pinned(text: str) -> dict[str, str]:
    lines = [line.partition("==") for line in text.splitlines() if "==" in line]
    return {canonicalize_name(name): version for name, _, version in lines}


def differing(packages: dict[str, Distribution], pins: dict[str, str]) -> Iterator[str]:
    """Packages that are not what `constraints.txt` says."""
    for name, package in packages.items():
        if name not in pins:
            yield f"{name} {package.version} is not pinned"
        elif pins[name] != package.version:
            yield f"{name} {package.version} is installed, and {pins[name]} pinned"


def elsewhere(packages: dict[str, Distribution]) -> Iterator[str]:
    """Packages that came from an address or a folder and not from an index: nobody else can look at these."""
    for name, package in packages.items():
        if source := package.read_text("direct_url.json"):
            yield f"{name} was installed from {json.loads(source)['url'].partition(':')[0]}:, not from an index"


def changed(package: Distribution) -> Iterator[str]:
    """Files that are not those of the wheel, by the digests that its RECORD has (PEP 427)."""
    for file in package.files or ():
        # Programs in bin/ begin with the path of this environment and are not from the wheel.
        if file.hash is not None and ".." not in file.parts and not _unchanged(file):
            yield f"{package.metadata['Name']}: {file} is not what was installed"


def _unchanged(file: PackagePath) -> bool:
    assert file.hash is not None
    try:
        found = hashlib.new(file.hash.mode, Path(str(file.locate())).read_bytes()).digest()
    except OSError:
        return False
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode() == file.hash.value


def unlicensed(packages: dict[str, Distribution]) -> Iterator[str]:
    for name, package in packages.items():
        if not (stated := sbom.licence(package)) or not sbom.accepted(stated):
            yield f"{name}: the licence {stated or 'is not stated'} is not among those accepted"


def offline() -> list[str]:
    """All that can be known without a network."""
    packages = sbom.needed()
    packages.pop(sbom.PROJECT)
    pins = pinned((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    files = [problem for package in packages.values() for problem in changed(package)]
    return [*differing(packages, pins), *elsewhere(packages), *unlicensed(packages), *files]


def asked(packages: dict[str, Distribution]) -> list[dict[str, Any]]:
    """What pip-audit says of these versions; nothing where nobody could be asked."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text("".join(f"{name}=={package.version}\n" for name, package in packages.items()), encoding="utf-8")
        options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
        run = subprocess.run([PIP_AUDIT, *options, "--requirement", wanted], capture_output=True, text=True)
    try:
        return list(json.loads(run.stdout)["dependencies"])
    except ValueError:
        return []


def vulnerable(answers: list[dict[str, Any]]) -> Iterator[str]:
    for answer in answers:
        for known in answer.get("vulns", ()):
            mended = ", ".join(known["fix_versions"]) or "no version"
            yield f"{answer['name']} {answer['version']}: {known['id']}, mended in {mended}"


def main() -> int:
    packages = sbom.needed()
    packages.pop(sbom.PROJECT)
    answers = asked(packages)
    # A mirror of PyPI that has no vulnerabilities answers too: pip-audit then skips the package, and finds nothing in it.
    checked = sum("vulns" in answer for answer in answers)
    problems = [*offline(), *vulnerable(answers)]
    print(*problems or ["pins, sources, licences and files are as they should be"], sep="\n")
    print(f"{checked} of {len(packages)} packages checked for known vulnerabilities")
    if checked < len(packages):
        print("NOT CHECKED: no vulnerability service could be reached for the others", file=sys.stderr)
    return FOUND if problems else UNREACHABLE if checked < len(packages) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PackageNotFoundError as missing:
        sys.exit(f"not installed: {missing.name}")
