"""A whole run, with everything that goes wrong in it, and then a search through all that it said to its operator."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.test_cli import standpoint
from tests.test_process import TWIN, Service, article, serving

TEXT, TITLE, NAME, WORD, WRONG = "qxtextqx", "qxtitleqx", "qxnameqx", "qxwordqx", "qxwrongqx"
BOOTSTRAP = "qxbootstrapqx-0123456789abcdef0123456789"


@pytest.mark.parametrize("level", ["info", "debug"])
def test_neither_log_nor_metrics_hold_text_keys_or_what_was_asked(tmp_path: Path, level: str) -> None:
    variables = {"STANDPOINT_LOG_LEVEL": level, "STANDPOINT_BOOTSTRAP_KEY": BOOTSTRAP, "STANDPOINT_ADDRESS_RATE": "1"}
    secret = standpoint("keys", "create", "--name", "x", "--scope", "admin", cwd=tmp_path).stdout.strip()
    assert secret
    with serving(TWIN, tmp_path, **variables) as service:
        metrics = _everything(service, secret)
        assert service.stop() == 0
        said = "".join(service.lines)
    assert said.count('"request"') > 15
    for kept_back in (TEXT, TITLE, NAME, WORD, WRONG, BOOTSTRAP, "qxbootstrapqx", secret, secret[12:]):
        assert kept_back not in said, kept_back
        assert kept_back not in metrics, kept_back


def _everything(service: Service, secret: str) -> str:
    """One request of every kind and fault; the text of /metrics."""
    with httpx.Client(base_url=service.address, headers={"X-API-Key": secret}, timeout=60) as http:
        body = article(
            text=f"Germany praised {TEXT} in France.",
            title=TITLE,
            publisher=NAME,
            external_id=NAME,
            url=f"https://x.example/{NAME}",
        )
        stored = http.post("/v1/articles", json=body)
        assert stored.status_code == 201
        place = stored.headers["location"]
        codes = [
            http.get(place),
            http.post("/v1/articles", json={**body, "title": WORD}),
            http.patch(place, json={"metadata": {NAME: WORD}}),
            http.put(f"{place}/text", json={"text": f"{TEXT} again"}),
            http.post("/v1/annotate", json={"text": f"{TEXT}\0"}),
            http.post("/v1/annotate", json={"text": TEXT, "targets": [NAME], WORD: 1}),
            http.post("/v1/annotate", content=f'{{"{TEXT}'),
            http.post("/v1/annotate", content=TEXT, headers={"Content-Type": f"text/{WORD}"}),
            http.post("/v1/annotate", json={"text": TEXT, "language": WORD}),
            http.get(f"/v1/articles?publisher={NAME}"),
            http.get(f"/v1/articles?{WORD}={NAME}"),
            http.get(f"/v1/articles?cursor={WORD}"),
            http.get(f"/v1/{WORD}"),
            http.put(f"/v1/articles?{WORD}"),
            http.request(WORD.upper(), "/v1/articles"),
            http.get("/v1/articles", headers={"X-API-Key": BOOTSTRAP}),
            http.get("/v1/articles", headers={"X-API-Key": WRONG}),
            http.get("/v1/articles", headers={"Authorization": f"Basic {WRONG}"}),
            http.get("/v1/articles", headers={"X-Request-ID": f"{WORD} {WRONG}"}),
            http.delete(place),
        ]
        assert {answer.status_code for answer in codes} >= {200, 204, 400, 401, 404, 405, 409, 415, 422}
        for answer in codes[1:]:
            assert WRONG not in answer.text
        service.raw(f"GET /{WORD} HTTP/1.1\r\nX: {WORD}\r\n{WRONG}\r\n\r\n".encode())
        return http.get("/metrics").text
