"""Whose words a mention stands in: the author's, or those of somebody quoted or spoken of. Marks and verbs, no model.

- Between quotation marks: attributed. A mark that is left open holds to the end of its paragraph, as in quotations of
  several paragraphs, where each opens a mark and only the last closes it.
- Outside them, by the verbs of the sentence: "according to X" attributes all of it, "X said (that) ..." what follows the
  verb, "..., X said" what stands before it, "X condemned Y" what follows, "Y was condemned by X" what stands before.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from app.domain.values import Span, Voice

_CLOSING = {'"': '"', "“": "”", "„": "“”", "«": "»", "‹": "›", "‘": "’", "「": "」", "『": "』"}
_MARK = re.compile(r"[“”„«»‹›‘’「」『』\"]|\n\s*\n|\Z")
# Nouns of the same form are left out (states, notes, reports), and the bare forms of the second group: "we must thank
# Norway" is the author's.
_SAYING = (
    r"say|says|said|saying|stated|stating|tell|tells|told|telling|claim(?:s|ed|ing)?|argu(?:e|es|ed|ing)|insist(?:s|ed|ing)?"
    r"|assert(?:s|ed|ing)?|allege[sd]?|alleging|believe[sd]?|announc(?:e|es|ed|ing)|declar(?:e|es|ed|ing)|add(?:s|ed|ing)|noted|noting"
    r"|write|writes|wrote|writing|explain(?:s|ed|ing)?|suggest(?:s|ed|ing)?|reported|repl(?:y|ies|ied)|warn(?:s|ed|ing)?"
    r"|den(?:y|ies|ied|ying)|admit(?:s|ted|ting)?|acknowledg(?:e|es|ed|ing)|predict(?:s|ed|ing)?|quip(?:s|ped)|remarked"
    r"|complain(?:s|ed|ing)?|vow(?:s|ed|ing)|pledged|conced(?:e|es|ed|ing)|reiterat(?:e|es|ed|ing)|stress(?:es|ed|ing)"
)
_JUDGING = (
    r"accus(?:es|ed|ing)|blam(?:es|ed|ing)|condemn(?:s|ed|ing)|critici[sz](?:es|ed|ing)|denounc(?:es|ed|ing)"
    r"|slam(?:s|med|ming)|prais(?:es|ed|ing)|hail(?:s|ed|ing)|thank(?:s|ed|ing)|applaud(?:s|ed|ing)|commend(?:s|ed|ing)|urg(?:es|ed|ing)"
    r"|call(?:s|ed|ing) (?:on|for|upon)|welcom(?:es|ed|ing)|rebuk(?:es|ed|ing)|lambast(?:s|ed|ing)|mock(?:s|ed|ing)"
    r"|lash(?:es|ed|ing) out|congratulat(?:es|ed|ing)|scold(?:s|ed|ing)"
)
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e)(?: \w+){0,2} $")
_PASSIVE = r"(?:is|are|was|were|been|being|be) (?:\w+ly )?"
_VERB = re.compile(rf"\b(?P<passive>{_PASSIVE})?(?:(?P<saying>{_SAYING})|(?P<judging>{_JUDGING}))\b")
_ACCORDING = re.compile(r"\b(?:[Aa]ccording to|[Ii]n the (?:words|view|opinion) of)\b")
# ", the minister said." closes a sentence: a comma, at most this many words of a speaker, the verb, and little after it.
_SPEAKER_WORDS, _WORDS_BEHIND = 12, 8
# What is longer has no full stops to tell who says what, and would take time that grows with its square.
_LONGEST = 1000
_ROOM_FOR_A_SUBJECT = 40


def voices(text: str, *, sentences: Sequence[Span], spans: Sequence[Span]) -> list[Voice]:
    """The voice of each of the spans. `sentences` tile the text."""
    starts = [sentence.start for sentence in sentences]
    spoken = {bisect_right(starts, span.start) - 1 for span in spans}
    reported = (part for index in spoken for part in _reported(text, sentences[index]))
    attributed = sorted([*quotations(text), *reported])
    begins = [part.start for part in attributed]
    reach = list(accumulate((part.end for part in attributed), max))
    return [_voice(span, begins, reach) for span in spans]


def quotations(text: str) -> list[Span]:
    """What stands between quotation marks, the outermost ones. A straight mark without its partner is ignored."""
    found: list[Span] = []
    start, closing = -1, ""
    for mark in _MARK.finditer(text):
        at, sign = mark.start(), mark.group()
        if start < 0:
            closing = _closing(text, at, sign)
            start = at if closing else -1
        elif sign and sign in closing and not _is_apostrophe(text, at):
            found.append(Span(start, at + 1))
            start = -1
        elif not sign.strip():
            if closing != '"':
                found.append(Span(start, max(at, start + 1)))
            start = -1
    return found


def _closing(text: str, at: int, sign: str) -> str:
    """The marks that close what this one opens; empty where it opens nothing, as behind a letter or digit (8", rock ‘n’ roll)."""
    return "" if sign in '"‘' and _is_word(text, at - 1) else _CLOSING.get(sign, "")


def _is_apostrophe(text: str, at: int) -> bool:
    return text[at] == "’" and _is_word(text, at + 1)


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isalnum()


def _reported(text: str, sentence: Span) -> Iterator[Span]:
    words = text[sentence.start : sentence.end].rstrip()
    if len(words) > _LONGEST:
        return
    if _ACCORDING.search(words):
        yield Span(sentence.start, sentence.start + len(words))
    for verb in _VERB.finditer(words):
        start, end = _scope(words, verb)
        if start < end and not _says_the_author(words, verb.start()):
            yield Span(sentence.start + start, sentence.start + end)


def _says_the_author(words: str, verb: int) -> bool:
    return _FIRST_PERSON.search(words, max(0, verb - _ROOM_FOR_A_SUBJECT), verb) is not None


def _scope(words: str, verb: re.Match[str]) -> tuple[int, int]:
    """What of the sentence the verb reports."""
    if verb["passive"] and verb["judging"]:
        return _clause_start(words, verb.start()), verb.start()
    comma = _clause_start(words, verb.start()) - 1
    if verb["saying"] and comma > 0 and _is_tag(words[comma + 1 : verb.start()], words[verb.end() :]):
        return 0, comma
    return verb.end(), len(words)


def _is_tag(speaker: str, behind: str) -> bool:
    return len(speaker.split()) <= _SPEAKER_WORDS and len(behind.split()) <= _WORDS_BEHIND


def _clause_start(words: str, end: int) -> int:
    return max(words.rfind(mark, 0, end) for mark in ',;:—”"') + 1


def _voice(span: Span, begins: Sequence[int], reach: Sequence[int]) -> Voice:
    """`reach` is how far the attributed parts up to each of `begins` extend."""
    before = bisect_left(begins, span.end)
    return Voice.ATTRIBUTED if before and reach[before - 1] > span.start else Voice.AUTHOR
