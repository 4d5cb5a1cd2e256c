"""A line that is read in one step says what it says when it is read with care."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.api import bodies, lines, one_step
from app.domain.records import Submission
from app.domain.values import ArticleText

NAMES = [*lines.NAMES, "txt", 'te"xt', "a\\b"]
TEXTS = st.text(max_size=12) | st.text('"\\u{}:,/nN0 \0\ud800é\u2028', max_size=8)
FITTING = {
    "url": st.sampled_from(["https://example.org/a", "http://x/\\", "ftp://x", 'https://x/"y']),
    "published_at": st.sampled_from(["2024-02-29", "2023-02-29", "2024-05-06T07:08:09Z", "2024-05-06T07:08:09+25:00"]),
    "language": st.sampled_from(["en", "EN-gb", "english", "e"]),
    "metadata": st.dictionaries(TEXTS, TEXTS | st.integers() | st.floats() | st.lists(st.none(), max_size=2), max_size=3),
}
NASTY = [
    b'"',
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\u0041",
    b"\\\\",
    b'\\"',
    b"NaN",
    b"1e999",
    b"{",
    b"}",
    b",",
    b":",
    b" ",
    b"\xff",
    b"\x00",
]


@st.composite
def objects(draw: Any) -> bytes:
    """An object with some of the fields of an article, of whose values most fit; a name may come twice."""
    members = draw(st.lists(st.sampled_from(NAMES), max_size=5))
    if draw(st.booleans()):
        members.insert(draw(st.integers(0, len(members))), "text")
    ascii_only = draw(st.booleans())
    written = []
    for name in members:
        value = draw(st.none() | FITTING.get(name, TEXTS) | FITTING.get(name, TEXTS) | st.integers() | TEXTS)
        written.append(f"{json.dumps(name)}{draw(st.sampled_from([':', ' : ']))}{json.dumps(value, ensure_ascii=ascii_only)}")
    return ("{" + draw(st.sampled_from([",", " ,\t"])).join(written) + "}").encode("utf-8", "surrogatepass")


@st.composite
def damaged(draw: Any) -> bytes:
    line = draw(objects())
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(line)))
        end = min(len(line), start + draw(st.integers(0, 2)))
        line = line[:start] + draw(st.sampled_from([b"", *NASTY])) + line[end:]
    return line


@given(objects() | damaged() | st.binary(max_size=30))
@settings(max_examples=500)
@example(b'{"text":"a","text":"b"}')
@example(b'{"text":"a","url":null,"url":null}')
@example(b'{"url":null,"url":null,"text":"a\\\\","title":"\\\\"}')
@example(b'{"text":"a","metadata":{"n":NaN}}')
@example(b'{"text":"a","metadata":{"n":9007199254740993}}')
@example(b'{"text":"\\ud800"}')
@example(b'{"te\\u0078t":"a"}')
def test_both_ways_say_the_same_of_any_line(line: bytes) -> None:
    quickly = one_step.article(line)
    assert quickly is None or quickly.submission() == lines._carefully(line)
    assert lines._content(line) == lines._carefully(line)


@pytest.mark.parametrize(
    ("line", "body"),
    [
        (b'{"text":"One.","title":"T","publisher":"P","external_id":"1","published_at":"2024-05-06"}', "One."),
        ('{ "text" : "Zwölf \\"Könige\\"\\n\\tkamen.", "title": null, "metadata": null}\r'.encode(), 'Zwölf "Könige"\n\tkamen.'),
    ],
)
def test_a_usual_line_is_read_in_one_step(monkeypatch: pytest.MonkeyPatch, line: bytes, body: str) -> None:
    monkeypatch.setattr(bodies, "parse", None)
    found = lines._content(line)
    assert isinstance(found, Submission) and found.text.body == body


def test_what_may_hide_something_goes_the_long_way() -> None:
    for line in (b'{"text":"caf\\u00e9"}', b'{"text":"a \\\\ b"}', b'{"text":"a","metadata":{}}'):
        assert one_step.article(line) is None
        assert isinstance(lines._content(line), Submission)
    assert lines._content(b'{"text":"a \\\\ b"}') == Submission(ArticleText("a \\ b"))
