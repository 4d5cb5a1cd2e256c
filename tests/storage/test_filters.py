from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.domain.records import Filter
from app.domain.textquery import TextQuery
from app.domain.values import CountryCode, JudgedBy, Kind, Stance, Voice
from app.storage import filters

instants = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "countries": st.lists(st.sampled_from(["KZ", "CN"]).map(CountryCode)).map(tuple),
    "stances": st.lists(st.sampled_from([*Stance, None])).map(tuple),
    "published_from": instants,
    "published_to": instants,
    "min_score": st.floats(0, 1),
    "min_salience": st.floats(0, 1),
    "created_from": instants,
    "created_to": instants,
    "kinds": st.lists(st.sampled_from(Kind)).map(tuple),
    "voice": st.sampled_from(Voice),
    "judged_by": st.just(JudgedBy.MODEL),
    "q": st.from_regex(r"[a-z]+( -?[a-z]+| \"[a-z]+ [a-z]+\"){0,3}", fullmatch=True).map(TextQuery.parse),
    "collapse": st.booleans(),
    "language": st.sampled_from(["en", "de-AT"]),
    **dict.fromkeys(("publisher", "url", "external_id", "model"), st.text()),
}


def test_every_condition_has_a_way_into_the_database() -> None:
    assert {field.name for field in fields(Filter)} == FIELDS.keys()


@given(st.fixed_dictionaries({}, optional=FIELDS))
def test_what_is_kept_of_a_filter_is_the_filter(conditions: dict[str, Any]) -> None:
    wanted = Filter(**conditions)
    assert filters.load(json.loads(json.dumps(filters.dump(wanted)))) == wanted
