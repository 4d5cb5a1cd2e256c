"""How many cores this process may keep busy."""

from __future__ import annotations

import math
import os
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores() -> int:
    """Physical cores within affinity and the container's quota: two threads on one core only wait for each other."""
    return int(max(1, min(_cores_by_affinity(), _cores_by_quota())))


def _cores_by_affinity() -> int:
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    return len({_core_of(cpu) for cpu in os.sched_getaffinity(0)})


def _core_of(cpu: int) -> tuple[str, str]:
    """Its socket and core; itself where the system does not tell."""
    topology = _TOPOLOGY / f"cpu{cpu}" / "topology"
    try:
        return (topology / "physical_package_id").read_text(), (topology / "core_id").read_text()
    except OSError:
        return "cpu", str(cpu)


def _cores_by_quota() -> float:
    """Of the control group, version 2: `<microseconds> <period>`, or `max <period>`."""
    try:
        quota, period = _QUOTA.read_text().split()
    except (OSError, ValueError):
        return math.inf
    return math.inf if quota == "max" else math.ceil(int(quota) / int(period))
