"""Whole articles: every rule on PerSenT, and how far the scores of the shipped one can be trusted. Nothing is fitted on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.domain.models import Table
from app.domain.values import ArticleText, Judgement, Scores
from app.inference.aggregation import RULES
from app.inference.annotator import TransformerAnnotator
from app.inference.drafting import Draft, Drafter, Named
from app.inference.engine import SpanLogits
from app.inference.gazetteer import Gazetteer
from app.inference.reading import Reader
from training.confidence_tables import Outcome, bins, calibration, coverage
from training.data import STANCES, rows
from training.metrics import Floats, Labels, macro_f1

PARTS = ("dev", "test")
BASELINE = "always favor"


@dataclass(frozen=True, slots=True)
class Part:
    """The articles of one part: the author's stance [N], and the person's judgements by rule."""

    gold: Labels
    judgements: Mapping[str, Sequence[Judgement]]

    def scores(self, rule: str) -> Floats:
        return np.array([_shares(judgement.scores) for judgement in self.judgements[rule]])

    def macro(self, rule: str) -> float:
        return round(macro_f1(self.gold, self.scores(rule).argmax(1)), 1)

    def outcome(self, rule: str) -> Outcome:
        scores = self.scores(rule)
        return Outcome(scores.max(1), scores.argmax(1) == self.gold)


def tables(annotator: TransformerAnnotator, data: Path) -> Iterator[Table]:
    parts = {part: judged(annotator, data / f"article-persent-{part}.jsonl") for part in PARTS}
    shipped = str(annotator.folder.config.aggregation.get("rule", "salience-weighted"))
    yield rule_table(parts, shipped)
    outcomes = {name: part.outcome(shipped) for name, part in parts.items()}
    yield calibration(
        outcomes,
        id="article-calibration",
        title="Article level: calibration error of the scores",
        note="In points, as for mentions. This is why they are not called probabilities.",
        first="part",
    )
    yield bins(
        outcomes,
        id="article-reliability",
        title="Article level: reliability of the scores",
        note="Of the shipped rule: five equal-mass bins from the lowest leading score to the highest, in percent.",
        first="part",
        what="score",
    )
    yield coverage(
        outcomes,
        id="article-abstention",
        title="Article level: coverage against accuracy",
        note="If only articles with at least this leading score counted: share decided and accuracy among them, in percent.",
        first="part",
        what="score",
    )
    yield voice_table(parts, shipped)


def rule_table(parts: Mapping[str, Part], shipped: str) -> Table:
    always = [round(macro_f1(part.gold, np.zeros_like(part.gold)), 1) for part in parts.values()]
    body = [(f"{rule} (shipped)" if rule == shipped else rule, *(part.macro(rule) for part in parts.values())) for rule in RULES]
    counts = " / ".join(str(len(part.gold)) for part in parts.values())
    note = f"Macro-F1 of the author's stance toward one person, whole articles ({counts}). Nothing is fitted on them."
    return Table("article-rules", "Article level: rules on PerSenT", note, ("rule", *parts), ((BASELINE, *always), *body))


def voice_table(parts: Mapping[str, Part], shipped: str) -> Table:
    """On articles where both voices name the person: what each voice alone says of the author's stance, and both together."""
    body = []
    for name, part in parts.items():
        both = [index for index, one in enumerate(part.judgements[shipped]) if one.author and one.attributed]
        gold, own = part.gold[both], [part.judgements[shipped][index] for index in both]
        for voice, scores in (
            ("author", [one.author for one in own]),
            ("attributed", [one.attributed for one in own]),
            ("any", [one.scores for one in own]),
        ):
            found = np.array([_shares(one) for one in scores]).argmax(1)
            body.append((name, voice, len(both), round(macro_f1(gold, found), 1)))
    note = "Macro-F1 of the author's stance on articles in which both voices name the person, by the mentions of one voice alone."
    return Table("article-voices", "Article level: voices", note, ("part", "voice", "articles", "macro-F1"), tuple(body))


def judged(annotator: TransformerAnnotator, file: Path) -> Part:
    """A person counts where the full or last name stands; an article without either is neutral."""
    gazetteer = Gazetteer.load(annotator.folder.file("gazetteer.tsv"))
    drafter = Drafter(gazetteer, annotator.encoder)
    found = list(rows(file))
    drafts = [person_draft(drafter, row["title"], row["text"], row["target"]) for row in found]
    answers = [annotator.submit(draft.rows, bulk=True).result() for draft in drafts]
    gold = np.array([STANCES.index(row["label"]) for row in found])
    return Part(gold, {rule: by_rule(annotator, gazetteer, rule, drafts, answers) for rule in RULES})


def by_rule(
    annotator: TransformerAnnotator,
    gazetteer: Gazetteer,
    rule: str,
    drafts: Sequence[Draft],
    answers: Sequence[Sequence[SpanLogits]],
) -> list[Judgement]:
    config = replace(annotator.folder.config, aggregation={"rule": rule})
    reader = Reader(replace(annotator.folder, config=config), gazetteer)
    return [reader.annotation(draft, answer).targets[0] for draft, answer in zip(drafts, answers, strict=True)]


def person_draft(drafter: Drafter, title: str | None, text: str, target: str) -> Draft:
    """A draft in which the full and the last name of a person are one target."""
    names = list(dict.fromkeys([target, target.split()[-1]]))
    draft = drafter.draft(ArticleText(text, title or None), language="en", targets=names)
    fields = [replace(field, named=[Named(0, named.span) for named in field.named]) for field in draft.fields]
    return replace(draft, fields=fields, targets=[target])


def _shares(scores: Scores | None) -> tuple[float, float, float]:
    """A person whom the text does not name is neutral for certain."""
    return (scores.favor, scores.neutral, scores.against) if scores else (0.0, 1.0, 0.0)
