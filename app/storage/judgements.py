"""What an annotation says, as the JSON that is kept of it. Loading gives back what was dumped.

The scores of judgements and evidence are kept under the names they had in the first version, `probabilities` and `probability`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from app.domain.records import ListedEvidence
from app.domain.values import (
    CountryCode,
    Evidence,
    Field,
    Judgement,
    Kind,
    Mention,
    Probabilities,
    Relation,
    Scores,
    Span,
    Stance,
    Voice,
)


def dump(judgements: Sequence[Judgement]) -> list[dict[str, Any]]:
    return [_dump_judgement(judgement) for judgement in judgements]


def load(values: Sequence[dict[str, Any]]) -> tuple[Judgement, ...]:
    return tuple(_load_judgement(value) for value in values)


def dump_relations(relations: Sequence[Relation]) -> list[dict[str, Any]]:
    return [_dump_relation(relation) for relation in relations]


def load_relations(values: Sequence[dict[str, Any]] | None) -> tuple[Relation, ...]:
    """None is what is kept of a model that knew of none."""
    return tuple(_load_relation(value) for value in values or ())


def dump_evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "field": evidence.field.value,
        "span": [evidence.span.start, evidence.span.end],
        "quote": evidence.quote,
        "stance": evidence.stance.value,
        "probability": evidence.score,
    }


def load_evidence(value: dict[str, Any]) -> Evidence:
    return Evidence(
        field=Field(value["field"]),
        span=Span(*value["span"]),
        quote=value["quote"],
        stance=Stance(value["stance"]),
        score=value["probability"],
    )


def read_evidence(text: str) -> ListedEvidence:
    """Of what `dump_evidence` gave to be stored, the JSON itself."""
    value = orjson.loads(text)
    start, end = value["span"]
    kept = (value["field"], start, end, value["quote"], value["stance"], value["probability"])
    return tuple.__new__(ListedEvidence, kept)


def _dump_judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "country": judgement.country,
        "name": judgement.name,
        "salience": judgement.salience,
        "stance": judgement.stance,
        "probabilities": _dump_scores(judgement.scores),
        "mentions": [_dump_mention(mention) for mention in judgement.mentions],
        "evidence": [dump_evidence(evidence) for evidence in judgement.evidence],
        "author": _dump_scores(judgement.author),
        "attributed": _dump_scores(judgement.attributed),
    }


def _load_judgement(value: dict[str, Any]) -> Judgement:
    return Judgement(
        country=value["country"] and CountryCode(value["country"]),
        name=value["name"],
        salience=value["salience"],
        stance=value["stance"] and Stance(value["stance"]),
        scores=_load_scores(value["probabilities"]),
        mentions=tuple(_load_mention(mention) for mention in value["mentions"]),
        evidence=tuple(load_evidence(evidence) for evidence in value["evidence"]),
        author=_load_scores(value["author"]),
        attributed=_load_scores(value["attributed"]),
    )


def _dump_relation(relation: Relation) -> dict[str, Any]:
    return {
        "from": relation.source,
        "to": relation.target,
        "stance": relation.stance.value,
        "probability": relation.probability,
        "evidence": dump_evidence(relation.evidence),
    }


def _load_relation(value: dict[str, Any]) -> Relation:
    return Relation(
        source=CountryCode(value["from"]),
        target=CountryCode(value["to"]),
        stance=Stance(value["stance"]),
        probability=value["probability"],
        evidence=load_evidence(value["evidence"]),
    )


def _dump_mention(mention: Mention) -> dict[str, Any]:
    return {
        "field": mention.field.value,
        "span": [mention.span.start, mention.span.end],
        "quote": mention.quote,
        "kind": mention.kind,
        "probability": mention.probability,
        "stance": mention.stance.value,
        "probabilities": _dump_scores(mention.probabilities),
        "voice": mention.voice.value,
    }


def _load_mention(value: dict[str, Any]) -> Mention:
    return Mention(
        field=Field(value["field"]),
        span=Span(*value["span"]),
        quote=value["quote"],
        kind=value["kind"] and Kind(value["kind"]),
        probability=value["probability"],
        stance=Stance(value["stance"]),
        probabilities=Probabilities(*value["probabilities"]),
        voice=Voice(value["voice"]),
    )


def _dump_scores(scores: Scores | None) -> list[float] | None:
    return None if scores is None else [scores.favor, scores.neutral, scores.against]


def _load_scores(values: list[float] | None) -> Scores | None:
    return None if values is None else Scores(*values)
