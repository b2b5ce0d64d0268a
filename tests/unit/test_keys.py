"""The keys of stored responses: what they say, and that each event has its own."""

import random
import re
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.event import EVENT_ID
from domain.event_types import FAMILIES, FIRED
from domain.keys import LONGEST_ID, Key, escaped, parse

SAFE = re.compile(r"[0-9A-Za-z._/-]+")
TIME = datetime(2026, 11, 24, 8, 18, 50)
ALPHABET = [*"ab_-./%A0 ", "é", "☕", "\U0001f600"]

ids = st.text(min_size=1, max_size=256)
event_ids = st.from_regex(EVENT_ID, fullmatch=True)
times = st.datetimes().map(lambda time: time.replace(microsecond=0))
types = st.sampled_from(sorted(FIRED))


def key_of(entity_id: str, event_id: str = "one", name: str = "order_placed") -> Key:
    family = FIRED[name]
    return Key(family.entity, family.types[name], TIME, escaped(entity_id), event_id)


@given(entity_id=ids, event_id=event_ids, name=types, time=times)
@example(entity_id="322-F7BK-3EVJE7", event_id="a-b", name="order_placed", time=TIME)
@example(entity_id="_" * 256, event_id="a", name="order_placed", time=TIME)
@example(entity_id="☕" * 256, event_id="a" * 64, name="order_placed", time=TIME)
@example(entity_id="../a__b", event_id="a", name="order_placed", time=TIME)
def test_a_key_reads_back_to_what_it_was_made_of(
    entity_id: str, event_id: str, name: str, time: datetime
) -> None:
    key = key_of(entity_id, event_id, name)._replace(time=time)
    text = str(key)
    assert parse(text) == key
    assert key.entity_id in (entity_id, None)
    # One that is cut cannot be read back, and says so.
    assert (key.entity_id is None) == (len(key.escaped_id) == LONGEST_ID and "__" in text)
    assert SAFE.fullmatch(text)
    assert len(text.encode()) <= 1024
    assert len(text.rpartition("/")[2]) <= 255
    assert text.startswith(f"{FIRED[name].entity}/{FIRED[name].types[name]}/")
    assert text.count("/") == 3


@given(entity_id=st.text(st.sampled_from("aA.-9"), min_size=1, max_size=LONGEST_ID))
def test_an_id_of_safe_characters_is_in_the_key_as_it_is(entity_id: str) -> None:
    assert f"_{entity_id}_one.json" in str(key_of(entity_id))


@pytest.mark.slow
def test_no_two_of_ten_thousand_pairs_collide() -> None:
    chance = random.Random(20)
    pairs = {
        (
            "".join(chance.choices(ALPHABET, k=chance.choice([1, 2, 3, 160, 161, 256]))),
            "".join(chance.choices("ab-", k=chance.randint(1, 8))),
        )
        for _ in range(10_000)
    }
    # Alike but for their end, which is cut; and what another is escaped or cut to.
    long = "x" * 255
    pairs |= {(long + end, "a") for end in "abc"} | {(escaped(long + "a"), "a")}
    pairs |= {(escaped(entity_id), event_id) for entity_id, event_id in list(pairs)[:2000]}
    assert len({str(key_of(*pair)) for pair in pairs}) == len(pairs) > 10_000


def test_a_key_of_before_says_no_entity() -> None:
    key = parse("order/ORDER_PLACED/2026-11-24/20261124T081850Z_aaaa-1.json")
    assert key == Key("order", "ORDER_PLACED", TIME, "", "aaaa-1")
    assert key.entity_id is None


@pytest.mark.parametrize(
    "name",
    [
        "20261124T081850Z_.json",
        "20261124T081850Z__one.json",
        "20261124T081850Z_a_.json",
        "20261124T081850Z_a_one",
        "20261124T081850Z_a_one.json.json",
        "20261124T081850Z_a_b_one.json",
        "20261124T081850Z_a__b_one.json",
        "20261124T081850Z__41_one.json",
        "20261124T081850Z__2F_one.json",
        "20261124T081850Z__ff_one.json",
        "20261125T081850Z_a_one.json",
        "20261124T081850_a_one.json",
        "20261124T081850Z_a b_one.json",
        "20261124T081850Z_\ud800_one.json",
        "20261124T081850Z_a_o/ne.json",
    ],
)
def test_what_no_event_was_stored_under_is_no_key(name: str) -> None:
    assert parse(f"order/ORDER_PLACED/2026-11-24/{name}") is None
    assert parse(f"failures/{name}") is None


def test_the_names_of_entities_and_event_types_are_safe() -> None:
    for family in FAMILIES:
        assert SAFE.fullmatch("".join([family.entity, *family.types.values()]))
