"""What `make test-contract` does on machines that lack Java or Chromium, or the right to install them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "contract" / "system-tools.sh"
PLAIN = ("bash", "env", "printf", "sleep")
"""What the script takes from a shell; the rest of the machine is hidden from it."""


class Machine:
    """A search path with programs of our own."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.log = folder / "log"
        self.bin.mkdir()
        for name in PLAIN:
            (self.bin / name).symlink_to(Path("/bin") / name if (Path("/bin") / name).exists() else Path("/usr/bin") / name)

    def has(self, name: str, body: str) -> None:
        program = self.bin / name
        program.write_text(f"#!/bin/bash\n{body}\n")
        program.chmod(0o755)

    def is_used_by(self, number: int) -> None:
        self.has("id", f"echo {number}")

    def installs(self, *, fails_first: int = 0) -> None:
        """An apt-get that finds its lock held for some times, and brings both programs when asked to install them."""
        put = " ".join(
            f'printf "#!/bin/bash\\n" > {self.bin}/{name}; /bin/chmod +x {self.bin}/{name};' for name in ("java", "chromium")
        )
        held = f'[ "$(/bin/grep -c . {self.log})" -gt {fails_first} ] || exit 100'
        self.has("apt-get", f'echo "$@" >> {self.log}; {held}; case "$*" in *install*) {put} esac')

    def run(self) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.bin), "TRIES": "3", "PAUSE": "0"}
        return subprocess.run(["/bin/bash", SCRIPT], env=environment, capture_output=True, text=True, timeout=60)

    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_where_both_programs_are_nothing_is_installed(machine: Machine) -> None:
    machine.is_used_by(0)
    machine.installs()
    machine.has("java", "")
    machine.has("chromium", "")
    assert machine.run().returncode == 0
    assert machine.asked() == []


def test_root_needs_no_sudo_to_install_what_is_missing(machine: Machine) -> None:
    machine.is_used_by(0)
    machine.has("java", "")
    machine.installs()
    finished = machine.run()
    assert finished.returncode == 0, finished.stderr
    assert [line.split()[-1] for line in machine.asked()] == ["update", "chromium"]


def test_a_lock_that_is_held_is_waited_for(machine: Machine) -> None:
    machine.is_used_by(0)
    machine.installs(fails_first=2)
    finished = machine.run()
    assert finished.returncode == 0, finished.stderr
    assert [line.split()[-1] for line in machine.asked()] == ["update", "update", "update", "chromium"]


def test_an_installation_that_never_works_ends_with_what_is_missing(machine: Machine) -> None:
    machine.is_used_by(0)
    machine.installs(fails_first=99)
    finished = machine.run()
    assert finished.returncode == 1
    assert finished.stderr.startswith("The tests of the contract need java and chromium, and apt-get could not install it.\n")
    assert len(machine.asked()) == 3


def test_a_developer_without_root_is_told_what_is_missing_and_what_brings_it(machine: Machine) -> None:
    machine.is_used_by(1000)
    machine.has("sudo", "exit 1")
    machine.has("chromium", "")
    machine.installs()
    finished = machine.run()
    assert finished.returncode == 1
    assert finished.stderr.splitlines() == [
        "The tests of the contract need java, and only root can install it.",
        "On Debian, this brings them: sudo apt-get install default-jre-headless chromium",
    ]
    assert machine.asked() == []


def test_sudo_that_asks_for_no_password_will_do(machine: Machine) -> None:
    machine.is_used_by(1000)
    machine.has("sudo", 'shift; [ "$*" = true ] || exec "$@"')
    machine.installs()
    finished = machine.run()
    assert finished.returncode == 0, finished.stderr
    assert [line.split()[-1] for line in machine.asked()] == ["update", "chromium"]


def test_a_system_without_apt_is_told_too(machine: Machine) -> None:
    finished = machine.run()
    assert finished.returncode == 1
    assert "java and chromium, and there is no apt-get here" in finished.stderr
