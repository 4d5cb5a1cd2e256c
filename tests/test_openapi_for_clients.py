"""What a generator of clients needs from the contract, asked of every operation and every schema that is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from app.api import openapi, openapi_schemas
from app.api.application import build
from app.api.deprecation import NOTICE
from tests.test_openapi import operations, parts

NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"
NULL = {"type": "null"}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return json.loads(openapi.text(build()))  # type: ignore[no-any-return]


def schemas(contract: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from parts({"paths": contract["paths"], "components": contract["components"]["schemas"]})


def contents(contract: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Where it stands, media type, and what is said of it: every body of every request and response."""
    for method, path, operation in operations(contract):
        bodies = [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        for where, body in bodies:
            for media_type, media in body.get("content", {}).items():
                yield f"{method} {path} {where}", media_type, media


def shown(contract: dict[str, Any], media: dict[str, Any]) -> Iterator[Any]:
    """The values of all examples."""
    if "example" in media:
        yield media["example"]
    for example in media.get("examples", {}).values():
        name = example.get("$ref", "").rsplit("/", 1)[-1]
        yield (contract["components"]["examples"][name] if name else example)["value"]


def test_every_json_body_has_an_example_and_each_fits_its_schema(contract: dict[str, Any]) -> None:
    tried = 0
    for where, media_type, media in contents(contract):
        if not media_type.endswith("json") or media_type == NDJSON:
            continue
        schema = {**media["schema"], "components": contract["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        examples = list(shown(contract, media))
        assert examples, where
        for example in examples:
            assert not [str(error.message) for error in validator.iter_errors(example)], where
            tried += 1
    print(f"{tried} examples fit their schemas")
    assert tried > 100


def test_the_check_of_examples_would_notice_one_that_does_not_fit(contract: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/AnnotationResponse", "components": contract["components"]}
    good = contract["paths"]["/v1/annotate"]["post"]["responses"]["200"]["content"]["application/json"]["example"]
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert validator.is_valid(good)
    assert not validator.is_valid({name: value for name, value in good.items() if value is not None})
    assert not validator.is_valid({**good, "created_at": "yesterday"})


def test_unions_are_named_and_say_by_which_required_field_their_members_differ(contract: dict[str, Any]) -> None:
    named = {id(schema) for schema in contract["components"]["schemas"].values()}
    for schema in schemas(contract):
        members = [member for kind in ("anyOf", "oneOf") for member in schema.get(kind, []) if member != NULL]
        if len(members) < 2:
            continue
        assert id(schema) in named, "a union must be a named component"
        if all("$ref" in member for member in members):
            field = schema["discriminator"]["propertyName"]
            for member in members:
                target = contract["components"]["schemas"][member["$ref"].rsplit("/", 1)[-1]]
                assert field in target["required"], (member, field)


def test_every_number_says_its_width(contract: dict[str, Any]) -> None:
    for schema in schemas(contract):
        if schema.get("type") == "integer":
            assert schema["format"] in ("int32", "int64"), schema
            assert schema["format"] == "int64" or schema["maximum"] <= 2**31 - 1
        if schema.get("type") == "number":
            assert schema["format"] == "double"


def test_every_object_with_fields_says_which_are_required_and_what_it_is(contract: dict[str, Any]) -> None:
    for name, schema in contract["components"]["schemas"].items():
        assert schema.get("description"), name
        if name.endswith("Response"):
            assert set(schema["required"]) == set(schema["properties"]), name


def test_no_schema_has_a_default_that_it_does_not_allow(contract: dict[str, Any]) -> None:
    for schema in schemas(contract):
        if isinstance(schema.get("type"), str) and "default" in schema:
            assert schema["default"] is not None, schema


def events(media: dict[str, Any]) -> list[dict[str, str]]:
    """Each of the example."""
    return [dict(line.split(": ", 1) for line in event.splitlines()) for event in media["example"].split("\n\n") if event]


def test_the_data_of_an_event_is_json_of_which_the_schema_is_referenced(contract: dict[str, Any]) -> None:
    media = contract["paths"]["/v1/jobs/{job_id}/events"]["get"]["responses"]["200"]["content"][EVENTS]
    data = contract["components"]["schemas"]["JobEventResponse"]["properties"]["data"]
    assert (data["type"], data["contentMediaType"]) == ("string", "application/json")
    assert data["contentSchema"] == {"$ref": "#/components/schemas/JobResponse"}
    validator = jsonschema_rs.Draft202012Validator({**data["contentSchema"], "components": contract["components"]})
    assert [validator.is_valid(json.loads(event["data"])) for event in events(media)] == [True]


def test_streams_of_lines_are_binary_and_reference_what_a_line_is(contract: dict[str, Any]) -> None:
    tried = 0
    for where, media_type, media in contents(contract):
        if media_type in (NDJSON, EVENTS):
            assert {"type": "string", "format": "binary"}.items() <= media["schema"].items(), where
            schema = {**media["x-item-schema"], "components": contract["components"]}
            validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            examples = [json.loads(line) for line in media["example"].splitlines()] if media_type == NDJSON else events(media)
            assert examples and not [str(error.message) for line in examples for error in validator.iter_errors(line)], where
            tried += 1
    assert tried == 6


def test_what_the_whole_document_owes_its_reader(contract: dict[str, Any]) -> None:
    assert contract["info"]["license"]["identifier"] == "Apache-2.0"
    assert contract["servers"] == [{"url": "/", "description": "The server that this document came from."}]
    schemes = set(contract["components"].get("securitySchemes", {}))
    asked = [requirement for _, _, operation in operations(contract) for requirement in operation.get("security", [])]
    asked += contract.get("security", [])
    assert {name for requirement in asked for name in requirement} == schemes
    tags = {tag["name"] for tag in contract["tags"]}
    assert {tag for _, _, operation in operations(contract) for tag in operation["tags"]} == tags


def test_an_operation_that_asks_for_a_key_shows_each_way_to_be_refused(contract: dict[str, Any]) -> None:
    assert contract["security"] == [{"bearer": []}, {"header": []}, {}]
    for _, path, operation in operations(contract):
        if operation.get("security") == []:
            assert path in ("/healthz", "/readyz")
            continue
        answers = operation["responses"]
        for status, names in {
            "401": {"key-required", "invalid-key"},
            "403": {"scope-too-small"},
            "429": {"rate-exceeded"},
        }.items():
            assert names <= set(answers[status]["content"]["application/problem+json"]["examples"]), (path, status)
        assert all("WWW-Authenticate" in answers[status]["headers"] for status in ("401", "403"))
        assert "Retry-After" in answers["429"]["headers"]
        assert all({"RateLimit", "RateLimit-Policy"} <= set(answer["headers"]) for answer in answers.values())


def test_every_operation_says_that_unknown_parameters_are_refused(contract: dict[str, Any]) -> None:
    for _, path, operation in operations(contract):
        assert "invalid-request-query" in operation["responses"]["422"]["content"]["application/problem+json"]["examples"], path


def test_a_deprecated_operation_says_when_it_ends_and_what_comes_instead(contract: dict[str, Any]) -> None:
    assert NOTICE.days >= 180
    for _, path, operation in operations(contract):
        if operation.get("deprecated"):
            assert operation["x-sunset"] > operation["x-deprecated-since"]
            assert operation["x-successor"] in contract["paths"], path
            assert all({"Deprecation", "Sunset"} <= set(answer["headers"]) for answer in operation["responses"].values())


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"anyOf": [{"type": "string"}, NULL], "title": "A"}, {"type": "string", "title": "A"}),
        (
            {"anyOf": [{"type": "string"}, {"type": "integer"}, NULL]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        ),
    ],
)
def test_a_parameter_loses_its_null(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert openapi_schemas.never_null(schema) == expected


def test_what_looks_like_a_schema_inside_an_example_is_left_alone() -> None:
    document = {"schema": {"type": "integer", "maximum": 7, "example": {"type": "integer"}}}
    openapi_schemas.refine(document)
    assert document == {"schema": {"type": "integer", "maximum": 7, "format": "int32", "example": {"type": "integer"}}}
