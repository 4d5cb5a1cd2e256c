"""Memory that threads freed, as the C library keeps it."""

from __future__ import annotations

import platform
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.memory import ARENAS
from tests.test_process import REAL, Service, serving

REGION = 64 * 1024 * 1024
"""Of one arena of threads on 64-bit Linux. The first arena is the heap and is not among them."""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has other arenas")


def arenas_of_threads(service: Service) -> int:
    """Each is a region that begins and ends where such regions do: what is in use, then what nobody may touch yet."""
    maps = Path(f"/proc/{service.process.pid}/maps").read_text(encoding="utf-8").splitlines()
    used, rest = ({_place(line) for line in maps if line.split()[1] == mode} for mode in ("rw-p", "---p"))
    return sum(begin % REGION == 0 and (end, begin + REGION) in rest for begin, end in used)


def _place(line: str) -> tuple[int, int]:
    begin, _, end = line.split()[0].partition("-")
    return int(begin, 16), int(end, 16)


def busy(service: Service) -> None:
    with httpx.Client(base_url=service.address, timeout=60) as http, ThreadPoolExecutor(32) as pool:
        statuses = {one.status_code for one in pool.map(http.get, ["/v1/articles", "/v1/countries"] * 150)}
    assert statuses == {200}


def test_however_many_threads_work_they_share_a_few_arenas(tmp_path: Path) -> None:
    with serving(REAL, tmp_path) as service:
        busy(service)
        assert arenas_of_threads(service) <= ARENAS - 1


def test_who_sets_the_number_of_arenas_for_the_process_is_obeyed(tmp_path: Path) -> None:
    with serving(REAL, tmp_path, MALLOC_ARENA_MAX="16") as service:
        busy(service)
        assert arenas_of_threads(service) > ARENAS
