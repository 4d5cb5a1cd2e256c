"""What lies under deploy/ fits the program: manifests are valid, and they name only settings, commands and metrics that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from typer.main import get_command

from app import settings
from app.cli import cli
from app.storage.database import Store
from tests.api.clients import client
from tests.api.test_metrics import MeasuredAnnotator

DEPLOY = Path(__file__).parents[1] / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
KUBERNETES = "1.33"


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def inside(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from inside(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from inside(inner)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.name))
def test_manifests_are_valid(path: Path) -> None:
    for document in documents(path):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_a_manifest_with_a_typing_error_would_be_noticed() -> None:
    (document, *_) = documents(DEPLOY / "kubernetes" / "migrate.yaml")
    document["spec"]["backofLimit"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


@pytest.mark.parametrize("path", [*MANIFESTS, DEPLOY / "compose.yaml"], ids=lambda path: str(path.name))
def test_only_settings_and_commands_that_exist_are_named(path: Path) -> None:
    known = set(settings.variables())
    assert set(re.findall(r"STANDPOINT_[A-Z_]+", path.read_text(encoding="utf-8"))) <= known
    commands = set(get_command(cli).commands)  # type: ignore[attr-defined]
    for part in inside(documents(path)):
        command = part.get("command")
        if isinstance(command, list) and command[0] == "standpoint":
            assert command[1] in commands


def test_every_container_runs_without_rights_and_within_limits() -> None:
    pods = [part for path in MANIFESTS for part in inside(documents(path)) if "containers" in part]
    assert len(pods) >= 2
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} == set(container["resources"])


def test_workers_are_scaled_on_the_backlog_and_have_no_number_of_their_own() -> None:
    workers, scaler = documents(DEPLOY / "kubernetes" / "worker.yaml")
    assert "replicas" not in workers["spec"]
    assert scaler["spec"]["scaleTargetRef"]["name"] == workers["metadata"]["name"]
    (metric,) = scaler["spec"]["metrics"]
    assert metric["external"]["metric"]["name"] == "standpoint_job_backlog_articles"
    assert workers["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 5 + 10


def test_workers_and_api_share_database_and_image() -> None:
    (api, *_), (worker, _) = (documents(DEPLOY / "kubernetes" / f"{name}.yaml") for name in ("api", "worker"))
    of_api, of_worker = (one["spec"]["template"]["spec"]["containers"][0] for one in (api, worker))
    assert of_api["image"] == of_worker["image"]
    assert of_api["env"][0] == of_worker["env"][0]
    services = documents(DEPLOY / "compose.yaml")[0]["services"]
    assert services["worker"]["image"] == services["api"]["image"]
    assert services["worker"]["environment"].items() <= services["api"]["environment"].items()


def test_the_time_to_finish_is_longer_than_what_the_service_takes() -> None:
    (deployment, *_) = documents(DEPLOY / "kubernetes" / "api.yaml")
    grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace >= 5 + settings.Settings().shutdown_seconds


def test_alerts_and_dashboard_ask_for_metrics_that_exist(store: Store) -> None:
    with client(store, annotator=MeasuredAnnotator()) as http:
        http.get("/healthz")
        exposed = set(re.findall(r"^(standpoint_\w+)", http.get("/metrics").text, re.MULTILINE))
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    rules = [rule for group in documents(DEPLOY / "alerts.yaml")[0]["groups"] for rule in group["rules"]]
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]] + [rule["expr"] for rule in rules]
    assert len(asked) >= 15
    for expression in asked:
        named = set(re.findall(r"standpoint_\w+", expression))
        assert named and named <= exposed, expression
    assert all(rule["labels"]["severity"] and rule["annotations"]["action"] for rule in rules)
