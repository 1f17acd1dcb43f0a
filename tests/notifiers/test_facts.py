"""Facts are stored as JSON and come back as they were."""

import json
from dataclasses import replace
from datetime import date

import pytest
from digest_builders import digest_of, near, overdue
from hypothesis import given
from hypothesis import strategies as st

from models.facts import DigestFacts, DigestItem, UnitCount, facts_from_json, to_json

ITEMS = st.builds(DigestItem)
FACTS = st.builds(
    DigestFacts,
    items=st.lists(ITEMS, max_size=3).map(tuple),
    counts_by_unit=st.lists(st.builds(UnitCount), max_size=3).map(tuple),
)


@given(FACTS)
def test_facts_come_back_as_they_were(facts: DigestFacts) -> None:
    text = to_json(facts)
    back = facts_from_json(text)
    assert back == facts
    assert to_json(back) == text
    assert hash(back) == hash(facts)


def test_the_json_is_canonical_raw_and_in_codes() -> None:
    text = to_json(digest_of(overdue(firings=(7, 8))))
    values = json.loads(text)
    assert text == json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert "小区东门道路破损" in text
    assert (values["business_date"], values["roles"]) == ("2026-11-24", ["secretary"])
    assert (values["items"][0]["light"], values["items"][0]["firings"]) == ("red", [7, 8])


def test_facts_of_an_earlier_version_are_read_with_defaults() -> None:
    values = json.loads(to_json(digest_of(near())))
    del values["checkpoint"], values["items"][0]["co_units"]
    assert facts_from_json(json.dumps(values)) == digest_of(near())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v.update(unheard_of=1),
        lambda v: v["items"][0].update(unheard_of=1),
        lambda v: v["items"][0].update(light="blue"),
        lambda v: v["items"][0].update(level="1"),
        lambda v: v.update(business_date="2026-11-31"),
        lambda v: v.pop("recipient"),
    ],
)
def test_what_is_not_facts_is_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    values = json.loads(to_json(digest_of(near())))
    spoil(values)
    with pytest.raises(ValueError):  # noqa: PT011
        facts_from_json(json.dumps(values))


def test_facts_cannot_be_changed() -> None:
    facts = digest_of(near())
    with pytest.raises(AttributeError):
        facts.recipient = "别人"  # type: ignore[misc]
    assert replace(facts, checkpoint="1·a").checkpoint == "1·a"
    assert facts.business_date == date(2026, 11, 24)
