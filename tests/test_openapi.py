"""The contract: it is the committed one, and what every operation owes to a generated client."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.api import openapi
from app.api.application import build
from app.api.strict import StrictRoute

COMMITTED = Path(__file__).parents[1] / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return json.loads(openapi.text(build()))  # type: ignore[no-any-return]


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def test_the_committed_contract_is_the_generated_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi.text(build()), "run `standpoint openapi > openapi.json`"


def test_it_is_openapi_3_1_0_and_says_whose_it_is(contract: dict[str, Any]) -> None:
    assert contract["openapi"] == "3.1.0"
    assert {"title", "version", "summary", "description", "license", "contact"} <= set(contract["info"])
    assert contract["servers"]


def test_every_operation_is_named_after_its_function_and_described(contract: dict[str, Any]) -> None:
    named = [operation["operationId"] for _, _, operation in operations(contract)]
    assert len(named) == len(set(named)) == 49
    tags = {tag["name"] for tag in contract["tags"] if tag["description"]}
    for _, _, operation in operations(contract):
        assert re.fullmatch("[a-z_]+", operation["operationId"])
        assert operation["summary"] and operation["description"]
        assert operation["tags"] and set(operation["tags"]) <= tags


def test_every_route_is_in_the_contract_or_left_out_on_purpose(contract: dict[str, Any]) -> None:
    unlisted = {"/docs", "/docs/{asset}", "/metrics"}
    for context in _routes():
        assert isinstance(context, StrictRoute)
        assert context.path in unlisted or context.path in contract["paths"]


def _routes() -> Iterator[Any]:
    for route in build().router.routes:
        included = getattr(route, "original_router", None)
        yield from included.routes if included else ()


def test_every_failure_is_a_problem_with_an_example(contract: dict[str, Any]) -> None:
    for _, path, operation in operations(contract):
        failing = {status: response for status, response in operation["responses"].items() if int(status) >= 400}
        assert "500" in failing
        for response in failing.values():
            assert response["description"]
            assert set(response["content"]) == {PROBLEM}, path
            assert response["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert response["content"][PROBLEM]["examples"]


def test_every_problem_shown_has_the_status_under_which_it_is_shown(contract: dict[str, Any]) -> None:
    examples = contract["components"]["examples"]
    for _, _, operation in operations(contract):
        for status, response in operation["responses"].items():
            for shown in response.get("content", {}).get(PROBLEM, {}).get("examples", {}).values():
                assert examples[shown["$ref"].rsplit("/", 1)[1]]["value"]["status"] == int(status)


def test_every_success_with_a_body_has_an_example_and_every_request_too(contract: dict[str, Any]) -> None:
    for _, _, operation in operations(contract):
        for status, response in operation["responses"].items():
            if int(status) < 300 and status != "204":
                assert any(content.get("example") for content in response["content"].values())
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"]


def test_every_response_names_its_request_id(contract: dict[str, Any]) -> None:
    for _, _, operation in operations(contract):
        for response in operation["responses"].values():
            assert response["headers"]["X-Request-ID"] == {"$ref": "#/components/headers/RequestId"}


def test_no_parameter_can_be_null_and_each_is_described(contract: dict[str, Any]) -> None:
    for _, _, operation in operations(contract):
        for parameter in operation.get("parameters", []):
            if parameter == {"$ref": "#/components/parameters/IfNoneMatch"}:
                continue
            assert parameter["description"]
            assert "anyOf" not in parameter["schema"]
            assert "default" not in parameter["schema"] or parameter["schema"]["default"] is not None


def test_integers_are_bounded_and_enums_are_named(contract: dict[str, Any]) -> None:
    for part in parts({"paths": contract["paths"], "components": contract["components"]["schemas"]}):
        if part.get("type") == "integer":
            assert "minimum" in part and "maximum" in part, part
    named = {id(schema) for schema in contract["components"]["schemas"].values()}
    for part in parts({"paths": contract["paths"], "components": contract["components"]["schemas"]}):
        assert "enum" not in part or id(part) in named, part


def test_every_reference_leads_somewhere_and_nothing_is_left_over(contract: dict[str, Any]) -> None:
    references = {part["$ref"] for part in parts(contract) if isinstance(part.get("$ref"), str)}
    defined = {f"#/components/{kind}/{name}" for kind, found in contract["components"].items() for name in found}
    # Schemes are named where they are asked for, and not by reference.
    schemes = {f"#/components/securitySchemes/{name}" for name in contract["components"]["securitySchemes"]}
    assert references == defined - schemes
    assert {name for choice in contract["security"] for name in choice} == set(contract["components"]["securitySchemes"])


def test_the_quotes_of_the_examples_are_where_they_are_said_to_be(contract: dict[str, Any]) -> None:
    shown = contract["paths"]["/v1/articles/{article_id}"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    spans = [span for country in shown["annotation"]["countries"] for span in (*country["mentions"], *country["evidence"])]
    assert len(spans) > 6
    for span in spans:
        assert shown[span["field"]][span["start"] : span["end"]] == span["quote"]
