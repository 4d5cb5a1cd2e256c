"""The quick way to write a summary says what the wire model says."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.api.schemas_stances import SummaryResponse, summary_in_json
from app.domain.records import Dimension, Group, StanceCounts, Summary
from app.domain.values import CountryCode, Stance

KEYS = {
    Dimension.COUNTRY: st.sampled_from(["CN", "KZ"]).map(CountryCode),
    Dimension.PUBLISHER: st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
    Dimension.STANCE: st.sampled_from([None, *Stance]),
    Dimension.MONTH: st.none() | st.dates(min_value=date(1900, 1, 1)),
}
counts = st.builds(StanceCounts, *[st.integers(0, 10**7)] * 4)


@given(st.data(), st.lists(st.sampled_from(list(KEYS)), max_size=2, unique=True))
def test_it_is_what_the_wire_model_says(data: st.DataObject, dimensions: list[Dimension]) -> None:
    keys = st.tuples(*(KEYS[dimension] for dimension in dimensions))
    groups = data.draw(st.lists(st.builds(Group, keys, counts), max_size=4))
    value = Summary(tuple(groups), {"a@0": 3, "b@1": sum(group.counts.n for group in groups)})
    written = summary_in_json(value, dimensions=dimensions)
    modelled = SummaryResponse.of(value, dimensions=dimensions)
    assert SummaryResponse.model_validate_json(written) == modelled
    assert written.decode() == modelled.model_dump_json()
