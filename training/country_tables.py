"""Which countries a text names: end to end, averaged over countries, and on gold mentions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from app.domain.models import Cell, Table
from app.domain.values import ArticleText, Span
from app.inference.annotator import TransformerAnnotator
from app.inference.gazetteer import Gazetteer
from app.inference.linking import Linker, LinkWeights
from app.inference.offline import annotate_all, judge_all
from app.inference.outcomes import Floats as Logits
from training.country_figures import Annotate, Article, Counts, Figures, Found, accuracy_on_given_spans, articles, measure
from training.evaluate_countries import Score, always, dictionary, resolver
from training.tables import percent

COUNTRY_TESTS = {"trnews": "TR-News (public test)", "lgl": "LGL, development third"}
END_TO_END = "End to end, no spans given; (span overlap, same country), in percent, beside the plain dictionary."


def tables(annotator: TransformerAnnotator, data: Path) -> Iterator[Table]:
    gazetteer = Gazetteer.load(annotator.folder.file("gazetteer.tsv"))
    linker = Linker(annotator.folder.config.countries, LinkWeights.parse(annotator.folder.config.link))
    averages, accuracies = [], []
    for file, name in COUNTRY_TESTS.items():
        gold = articles(data, file)
        ours, plain = measure(gold, found_mentions(annotator, gold)), measure(gold, dictionary(gazetteer))
        yield end_to_end(file, name, ours, plain)
        us = measure(gold, always_us(gold))
        averages.append((name, *(percent(figures.country_f1) for figures in (ours, plain, us))))
        given = [resolver(gazetteer, linker, score_by(annotator)), always("US")]
        accuracies.append((name, *(percent(accuracy_on_given_spans(gold, resolve)) for resolve in given)))
    columns = ("file", "Standpoint", "plain dictionary", "always US, gold spans")
    yield Table("country-average", "Mention F1 averaged over countries", "In percent.", columns, tuple(averages))
    title = "Country accuracy on gold mentions, unresolved counted wrong"
    yield Table("country-accuracy", title, "In percent.", ("file", "Standpoint", "always US"), tuple(accuracies))


def end_to_end(file: str, name: str, ours: Figures, plain: Figures) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (group, counts.gold, *_shares(counts), *_shares(other))
        for (group, counts), (_, other) in zip(ours.lines(), plain.lines(), strict=True)
    ]
    columns = ("group", "gold", "precision", "recall", "F1", "dictionary P", "dictionary R", "dictionary F1")
    return Table(f"countries-{file}", f"Countries: {name}", END_TO_END, columns, tuple(rows))


def _shares(counts: Counts) -> tuple[float, float, float]:
    return percent(counts.precision), percent(counts.recall), percent(counts.f1)


def score_by(annotator: TransformerAnnotator) -> Score:
    def score(text: str, spans: Sequence[Span]) -> tuple[Logits, Logits]:
        logits = next(judge_all(annotator, [(text, spans)]))
        return logits.kind.astype(np.float64), logits.country.astype(np.float64)

    return score


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
