"""Measure a model folder on the public tests, as shipped and without torch: `make evaluate`, or

    python -m training.evaluate DATA [--model standpoint-en] [--write | --check]

prints the tables of the model card. `--write` puts them into MODEL_CARD.md, between its markers; `--check` compares them with
what stands there and fails where a number differs by more than 0.1 point.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from app.domain.values import ArticleText, Judgement, Span
from app.inference.aggregation import RULES
from app.inference.annotator import TransformerAnnotator
from app.inference.drafting import Draft, Drafter, Named
from app.inference.gazetteer import Gazetteer
from app.inference.linking import Linker, LinkWeights
from app.inference.offline import annotate_all, judge_all
from app.inference.outcomes import Floats as Logits
from app.inference.reading import Reader
from training.country_figures import Annotate, Article, Figures, Found, accuracy_on_given_spans, articles, measure
from training.data import STANCES, Example, rows, stance_file
from training.evaluate_countries import always, dictionary, resolver
from training.metrics import Floats, Labels, calibration_error, calibration_floor, coverage_table, f1, macro_f1, reliability

BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"
TOLERANCE = 0.1
STANCE_TESTS = {"newsmtsc-mt": "NewsMTSC-mt", "newsmtsc-rw": "NewsMTSC-rw", "rusentne-en-country": "RuSentNE-en, countries"}
COUNTRY_TESTS = {"trnews": "TR-News (public test)", "lgl": "LGL, development third"}
CALIBRATION = """### Calibration of mention probabilities

Expected calibration error in points (15 equal-mass bins, top label), beside what a perfectly calibrated model would show on a
test of that size.

"""
ABSTENTION = """### Abstention

If only judgements of at least this probability counted: share decided / accuracy among them, in percent.

"""
ARTICLES = """### Article level: rules on PerSenT

Macro-F1 of the author's stance toward one person, whole articles (578 / 579). Nothing is fitted on them.

"""
ARTICLE_RELIABILITY = """### Article level: reliability

Expected calibration error of the shipped rule, in points, and five equal-mass bins: mean probability / accuracy, in percent.

"""
THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)


def table(head: Sequence[str], body: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *([str(cell) for cell in row] for row in body)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def stance_probabilities(
    annotator: TransformerAnnotator, examples: Sequence[Example], *, countries: bool
) -> tuple[Labels, Floats]:
    """Gold labels [N] and calibrated probabilities [N, 3] of all labelled spans."""
    texts = [(example.text, [touching(example.text, span.start, span.end) for span in example.spans]) for example in examples]
    calibration = annotator.folder.config.calibration
    probabilities = [calibration.probabilities(found.stance, countries=countries) for found in judge_all(annotator, texts)]
    gold = [STANCES.index(span.stance or "neutral") for example in examples for span in example.spans]
    return np.array(gold), np.concatenate(probabilities)


def touching(text: str, start: int, end: int) -> Span:
    """The span; an empty one (RuSentNE-en has two, where a word was lost) becomes the last letter before it, and counts."""
    if start < end:
        return Span(start, end)
    last = len(text[:start].rstrip())
    return Span(last - 1, last)


def stance_tables(annotator: TransformerAnnotator, data: Path) -> Iterator[str]:
    scores, errors, coverages, bins = [], [], [], []
    for file, name in STANCE_TESTS.items():
        gold, probabilities = stance_probabilities(
            annotator, stance_file(data / f"stance-{file}.jsonl"), countries="country" in file
        )
        found, confidence = probabilities.argmax(1), probabilities.max(1)
        right = found == gold
        each = [f"{f1(gold, found, label):.1f}" for label in range(3)]
        polar = macro_f1(gold, found, (0, 2))
        scores.append([name, len(gold), f"{macro_f1(gold, found):.1f}", f"{polar:.1f}", f"{100 * right.mean():.1f}", *each])
        floor = calibration_floor(confidence)
        errors.append([name, f"{100 * calibration_error(confidence, right):.1f}", f"{100 * floor:.1f}"])
        covered = coverage_table(confidence, right, THRESHOLDS)
        coverages.append([name, *(f"{100 * share:.0f} / {100 * accuracy:.1f}" for _, share, accuracy in covered)])
        bins.append([name, *(f"{100 * mean:.0f} / {100 * share:.0f}" for _, mean, share in reliability(confidence, right))])
    yield "### Stance toward given targets\n\n" + table(
        ["test", "targets", "macro-F1", "F1pn", "accuracy", "F1 favor", "F1 neutral", "F1 against"], scores
    )
    yield (CALIBRATION + table(["test", "error", "perfectly calibrated"], errors))
    yield "Five equal-mass bins from least to most confident: mean probability / accuracy, in percent.\n\n" + table(
        ["test", *(f"bin {number}" for number in range(1, 6))], bins
    )
    yield (ABSTENTION + table(["test", *(f"{threshold:.1f}" for threshold in THRESHOLDS)], coverages))


def found_mentions(annotator: TransformerAnnotator, gold: Sequence[Article]) -> Annotate:
    """All articles annotated at once; what comes back looks an article up."""
    texts = [ArticleText(article.text) for article in gold]
    mentions: dict[str, list[Found]] = {}
    for text, annotation in zip(texts, annotate_all(annotator, texts, language="en"), strict=True):
        if isinstance(annotation, Exception):
            raise annotation
        mentions[text.body] = [
            Found(mention.span.start, mention.span.end, judgement.country or "", mention.kind or "")
            for judgement in annotation.countries
            for mention in judgement.mentions
        ]
    return mentions.__getitem__


def always_us(gold: Sequence[Article]) -> Annotate:
    """The gold's spans, each of them the United States."""
    known = {article.text: article for article in gold}
    return lambda text: [Found(mention.start, mention.end, "US", mention.kind) for mention in known[text].mentions]


def country_tables(annotator: TransformerAnnotator, data: Path) -> Iterator[str]:
    config = annotator.folder.config
    gazetteer = Gazetteer.load(annotator.folder.file("gazetteer.tsv"))
    linker = Linker(config.countries, LinkWeights.parse(config.link))

    def score(text: str, spans: Sequence[Span]) -> tuple[Logits, Logits]:
        logits = next(judge_all(annotator, [(text, spans)]))
        return logits.kind.astype(np.float64), logits.country.astype(np.float64)

    averages, accuracies = [], []
    for file, name in COUNTRY_TESTS.items():
        gold = articles(data, file)
        ours, plain = measure(gold, found_mentions(annotator, gold)), measure(gold, dictionary(gazetteer))
        yield f"### Countries: {name}\n\nEnd to end, no spans given; (span overlap, same country), in percent.\n\n" + table(
            ["", "gold", "precision", "recall", "F1", "plain dictionary P / R / F1"], list(_country_rows(ours, plain))
        )
        us = measure(gold, always_us(gold))
        averages.append([name, *(f"{100 * figures.country_f1:.1f}" for figures in (ours, plain, us))])
        given = [always("US"), resolver(gazetteer, linker, score)]
        accuracies.append([name, *(f"{100 * accuracy_on_given_spans(gold, resolve):.1f}" for resolve in reversed(given))])
    yield "### Mention F1 averaged over countries\n\n" + table(
        ["file", "Standpoint", "plain dictionary", "always US, gold spans"], averages
    )
    yield "### Country accuracy on gold mentions, unresolved counted wrong\n\n" + table(
        ["file", "Standpoint", "always US"], accuracies
    )


def _country_rows(ours: Figures, plain: Figures) -> Iterator[list[object]]:
    for (name, counts), (_, other) in zip(ours.lines(), plain.lines(), strict=True):
        percent = [f"{100 * value:.1f}" for value in (counts.precision, counts.recall, counts.f1)]
        beside = " / ".join(f"{100 * value:.1f}" for value in (other.precision, other.recall, other.f1))
        yield [name, counts.gold, *percent, beside]


def article_tables(annotator: TransformerAnnotator, data: Path) -> Iterator[str]:
    """Every rule on whole articles. A person counts where the full or last name stands; an article without either is neutral."""
    gazetteer = Gazetteer.load(annotator.folder.file("gazetteer.tsv"))
    drafter = Drafter(gazetteer, annotator.encoder)
    scores: dict[str, list[str]] = {rule: [] for rule in ("always favor", *RULES)}
    bins = []
    for part in ("dev", "test"):
        found = list(rows(data / f"article-persent-{part}.jsonl"))
        gold = np.array([STANCES.index(row["label"]) for row in found])
        drafts = [person_draft(drafter, row["title"], row["text"], row["target"]) for row in found]
        answers = [annotator.submit(draft.rows, bulk=True).result() for draft in drafts]
        scores["always favor"].append(f"{macro_f1(gold, np.zeros_like(gold)):.1f}")
        for rule in RULES:
            config = replace(annotator.folder.config, aggregation={"rule": rule})
            reader = Reader(replace(annotator.folder, config=config), gazetteer)
            judged = [reader.annotation(draft, answer).targets[0] for draft, answer in zip(drafts, answers, strict=True)]
            probabilities = np.array([article_probabilities(judgement) for judgement in judged])
            scores[rule].append(f"{macro_f1(gold, probabilities.argmax(1)):.1f}")
            if rule == shipped_rule(annotator):
                right = probabilities.argmax(1) == gold
                error = 100 * calibration_error(probabilities.max(1), right)
                shares = [f"{100 * mean:.0f} / {100 * share:.0f}" for _, mean, share in reliability(probabilities.max(1), right)]
                bins.append([part, f"{error:.1f}", *shares])
    body = [[f"{rule} (shipped)" if rule == shipped_rule(annotator) else rule, *figures] for rule, figures in scores.items()]
    yield ARTICLES + table(["rule", "dev", "test"], body)
    yield ARTICLE_RELIABILITY + table(["part", "error", *(f"bin {number}" for number in range(1, 6))], bins)


def article_probabilities(judgement: Judgement) -> tuple[float, float, float]:
    """A person whom the text does not name is neutral for certain."""
    found = judgement.scores
    return (found.favor, found.neutral, found.against) if found else (0.0, 1.0, 0.0)


def shipped_rule(annotator: TransformerAnnotator) -> str:
    return str(annotator.folder.config.aggregation.get("rule", "salience-weighted"))


def person_draft(drafter: Drafter, title: str | None, text: str, target: str) -> Draft:
    """A draft in which the full and the last name of a person are one target."""
    draft = drafter.draft(
        ArticleText(text, title or None), language="en", targets=list(dict.fromkeys([target, target.split()[-1]]))
    )
    fields = [replace(field, named=[Named(0, named.span) for named in field.named]) for field in draft.fields]
    return replace(draft, fields=fields, targets=[target])


def measured(annotator: TransformerAnnotator, data: Path) -> str:
    parts = [*stance_tables(annotator, data), *country_tables(annotator, data), *article_tables(annotator, data)]
    return "\n\n".join(parts)


def put(card: Path, found: str, *, begin: str, end: str) -> None:
    """Replace what stands between two markers of a card."""
    before, rest = card.read_text().split(begin)
    card.write_text(f"{before}{begin}\n{found}\n{end}{rest.split(end)[1]}")


def differences(card: str, found: str) -> list[str]:
    """Lines whose numbers differ by more than the tolerance, or whose words differ."""
    old, new = card.strip().splitlines(), found.strip().splitlines()
    if len(old) != len(new):
        return [f"the card has {len(old)} lines, measured are {len(new)}"]
    return [f"card:     {was}\nmeasured: {now}" for was, now in zip(old, new, strict=True) if not same(was, now)]


def same(was: str, now: str) -> bool:
    number = r"\d+(?:\.\d+)?"
    if re.sub(number, "#", was) != re.sub(number, "#", now):
        return False
    pairs = zip(re.findall(number, was), re.findall(number, now), strict=True)
    # Whole numbers are counts or rounded shares: half a point of rounding comes on top.
    return all(abs(float(a) - float(b)) <= TOLERANCE + (1e-9 if "." in a else 1.0) for a, b in pairs)


def main(
    data: Path,
    model: str = "standpoint-en",
    write: Annotated[bool, typer.Option(help="put the figures into the model card")] = False,
    check: Annotated[bool, typer.Option(help="fail where the card differs")] = False,
) -> None:
    started = time.monotonic()
    annotator = TransformerAnnotator(model)
    found = measured(annotator, data)
    annotator.close()
    print(found, f"\n\n{annotator.version}, measured in {time.monotonic() - started:.0f} s", flush=True)
    card = annotator.folder.file("MODEL_CARD.md")
    if write:
        put(card, found, begin=BEGIN, end=END)
    if check:
        wrong = differences(card.read_text().split(BEGIN)[1].split(END)[0], found)
        print("\n".join(wrong) or "MODEL_CARD.md agrees with what was measured")
        sys.exit(bool(wrong))


if __name__ == "__main__":
    typer.run(main)
