"""What the logits mean: links, stances, voices and, from these, the annotation of the article."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from app.domain.values import Annotation, CountryCode, Judgement, Kind, Mention, Probabilities, Relation, Span, Stance
from app.inference.aggregation import DIGITS, Aggregation, Floats, rounded
from app.inference.attribution import voices
from app.inference.drafting import Draft, DraftField
from app.inference.engine import SpanLogits
from app.inference.evidence import place_of
from app.inference.gazetteer import Gazetteer
from app.inference.judgement import Judge, Testimony
from app.inference.linking import Link, Linker, LinkWeights
from app.inference.model_folder import ModelFolder
from app.inference.relations import relations, strongest
from app.inference.salience import Cue, saliences
from app.inference.topics import TopicRule, judged

# A target is measured against the countries by a key that no country has, and as if it stood there by name.
TARGET = CountryCode("target")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a span is about: a country, or the number of a target that the caller named."""

    about: CountryCode | int
    kind: Kind | None
    probability: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What the heads say of the spans of one field, in their order."""

    field: DraftField
    logits: SpanLogits


class Reader:
    def __init__(self, folder: ModelFolder, gazetteer: Gazetteer) -> None:
        config = folder.config
        self._version, self._gazetteer, self._calibration = folder.version, gazetteer, config.calibration
        self._related, self._topics = config.relations, config.topics or TopicRule()
        self._linker = Linker(config.countries, LinkWeights.parse(config.link))
        self._judge = Judge(Aggregation.parse(config.aggregation), config.undecided_below)

    def annotation(self, draft: Draft, outputs: Sequence[SpanLogits]) -> Annotation:
        """`outputs` are the logits of the draft's rows."""
        own = outputs[: len(draft.passages)]
        said = self.of_heard(draft, heard_of(draft, own))
        topics = self._as_topics(draft, iter(outputs[len(own) :]))
        targets = tuple(topics.get(target.name, target) for target in said.targets)
        return replace(said, targets=targets, vectors=_whole_numbers(own))

    def of_heard(self, draft: Draft, heard: Sequence[Heard]) -> Annotation:
        testimonies: dict[CountryCode | int, list[Testimony]] = {}
        related: list[Relation] = []
        links = iter(self._links(heard))
        for field in heard:
            subjects = _subjects(field.field, links)
            for subject, testimony in self._testimonies(field, subjects):
                testimonies.setdefault(subject.about, []).append(testimony)
            if len(field.logits.relation):
                related += relations(field.field, _countries(subjects), field.logits.relation, self._related)
        return Annotation(
            model=self._version,
            language=draft.language,
            coverage=draft.coverage,
            countries=tuple(self._countries(draft, testimonies)),
            targets=tuple(self._targets(draft, testimonies)),
            relations=strongest(related),
        )

    def _as_topics(self, draft: Draft, outputs: Iterator[SpanLogits]) -> dict[str, Judgement]:
        """Without a topic of which the tokenizer sees no text."""
        shares = [(topic, list(islice(outputs, len(topic.rows)))) for topic in draft.topics]
        return {topic.name: judged(topic, share, draft.text, self._topics) for topic, share in shares if share}

    def _links(self, heard: Sequence[Heard]) -> list[Link | None]:
        """Of all candidates of the article, which help each other."""
        found = [(field.field, field.logits, len(field.field.candidates)) for field in heard]
        if not sum(count for _, _, count in found):
            return []
        kinds = np.concatenate([logits.kind[:count] for _, logits, count in found])
        countries = np.concatenate([logits.country[:count] for _, logits, count in found])
        return self._linker.link([(field.text, field.candidates) for field, _, _ in found], kinds, countries)

    def _testimonies(self, heard: Heard, subjects: Sequence[Subject | None]) -> Iterator[tuple[Subject, Testimony]]:
        field, text = heard.field, heard.field.text
        stances = self._stances(heard)
        speakers = voices(text, sentences=field.sentences, spans=field.spans)
        starts = [sentence.start for sentence in field.sentences]
        for subject, span, probabilities, voice in zip(subjects, field.spans, stances, speakers, strict=True):
            if subject is None:
                continue
            mention = Mention(
                field=field.field,
                span=span,
                quote=text[span.start : span.end],
                kind=subject.kind,
                probability=round(subject.probability, DIGITS),
                stance=list(Stance)[int(probabilities.argmax())],
                probabilities=Probabilities(*rounded(probabilities)),
                voice=voice,
            )
            sentence = field.sentences[bisect_right(starts, span.start) - 1]
            yield subject, Testimony(mention, probabilities, place_of(mention, sentence, text), _cue(subject, field, span))

    def _stances(self, heard: Heard) -> Floats:
        """Probabilities of the field's spans: its candidates first, then what the caller named."""
        count = len(heard.field.candidates)
        return np.concatenate(
            [
                self._calibration.probabilities(heard.logits.stance[:count], countries=True),
                self._calibration.probabilities(heard.logits.stance[count:], countries=False),
            ]
        )

    def _countries(self, draft: Draft, testimonies: dict[CountryCode | int, list[Testimony]]) -> list[Judgement]:
        """The most salient first; of equals, in the order of their codes."""
        found = {about: heard for about, heard in testimonies.items() if isinstance(about, str)}
        weights = saliences(testimony.cue for heard in found.values() for testimony in heard)
        texts = {field.field: field.text for field in draft.fields}
        judged = [
            self._judge.judge(heard, name=self._gazetteer.name(code), salience=weights[code], texts=texts, country=code)
            for code, heard in found.items()
        ]
        return sorted(judged, key=lambda judgement: (-judgement.salience, judgement.country))

    def _targets(self, draft: Draft, testimonies: dict[CountryCode | int, list[Testimony]]) -> Iterator[Judgement]:
        rivals = [testimony.cue for about, heard in testimonies.items() if isinstance(about, str) for testimony in heard]
        texts = {field.field: field.text for field in draft.fields}
        for number, name in enumerate(draft.targets):
            heard = testimonies.get(number, [])
            salience = saliences([*rivals, *(testimony.cue for testimony in heard)]).get(TARGET, 0.0)
            yield self._judge.judge(heard, name=name, salience=salience, texts=texts)


def heard_of(draft: Draft, outputs: Sequence[SpanLogits]) -> list[Heard]:
    """The logits of the draft's rows as those of its fields' spans."""
    remaining = iter(outputs)
    shares = [(field, list(islice(remaining, len(field.prepared.rows)))) for field in draft.fields]
    return [Heard(field, field.prepared.in_order(share)) for field, share in shares if share and field.spans]


def _whole_numbers(outputs: Sequence[SpanLogits]) -> bytes | None:
    """The rows' vectors in an eighth of the room; None where the model makes none."""
    found = [output.vectors for output in outputs if len(output.vectors)]
    return np.rint(np.concatenate(found) * 127).astype(np.int8).tobytes() if found else None


def _countries(subjects: Sequence[Subject | None]) -> list[CountryCode | None]:
    return [subject.about if subject and isinstance(subject.about, str) else None for subject in subjects]


def _subjects(field: DraftField, links: Iterator[Link | None]) -> list[Subject | None]:
    """What each of the field's spans is about; None for a candidate that is no country."""
    countries = [_linked(link) for link in islice(links, len(field.candidates))]
    return [*countries, *(Subject(named.target, None, 1.0) for named in field.named)]


def _linked(link: Link | None) -> Subject | None:
    return Subject(link.country, link.kind, link.probability) if link else None


def _cue(subject: Subject, field: DraftField, span: Span) -> Cue:
    country = TARGET if isinstance(subject.about, int) else subject.about
    return Cue(country, subject.kind or Kind.NAME, field.field, span.start / len(field.text), subject.probability)
