"""The words of mails, and names that apps gave themselves."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.letters import (
    Changed,
    StoppedBy,
    WhatFor,
    changed_letter,
    harmless,
    receipt_letter,
    revoked_letter,
)
from tests.support import requirement

AT = datetime(2026, 11, 21, 15, 42, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
REVOKED = {
    "customer_name": "Ada Lindqvist",
    "app": "Kestrel Carbon",
    "contact": "help@kestrel.example",
    "confirmation": "DGE-1",
    "at": AT,
    "zone": ZONE,
    "link": "https://cds.example/receipt/s",
    "opened": True,
    "signs_in": True,
}
CHANGED = ("customer_name", "app", "confirmation", "at", "zone", "link", "signs_in")
RECEIPT = {
    "customer_name": "Ada Lindqvist",
    "app": "Kestrel Carbon",
    "confirmation": "DGE-1",
    "at": AT,
    "zone": ZONE,
    "parts": [("Energy use", "From 21 November 2023 until you stop it."), ("Bills", "")],
    "counts": ["2 services", "2 services"],
    "link": "https://cds.example/receipt/s",
    "waits": False,
    "signs_in": True,
}


def test_a_receipt_says_what_and_how_long_and_for_what():
    letter = receipt_letter(**RECEIPT)

    assert letter.subject == "You share data with Kestrel Carbon: DGE-1"
    assert letter.greeting == "Hello Ada Lindqvist,"
    assert letter.lines == ["On 21 November 2026 at 10:42 you let Kestrel Carbon read:"]
    assert letter.items == ["Energy use. From 21 November 2023 until you stop it.", "Bills."]
    assert letter.after == ["For: 2 services."]


@requirement("WG3-01-9.4-19")
def test_a_receipt_says_what_it_is_for_line_by_line():
    """What a Client wrote is set apart from our own words, and nothing in it becomes a link."""
    ours = WhatFor(["Energy use", "Bills"], "To run the app.", ours=True)
    theirs = WhatFor(["Bills"], "We check your bills.\n\nSee https://kestrel.example/now", ours=False)
    letter = receipt_letter(**RECEIPT, purposes=[ours, theirs])

    assert letter.after == [
        "For: 2 services.",
        "Energy use and Bills: how Kestrel Carbon will use it.",
        "To run the app.",
        "Bills: how Kestrel Carbon will use it, in its own words.",
        "We check your bills.",
        "See https:\u2060//kestrel.\u2060example/\u2060now",
    ]


@pytest.mark.parametrize("signs_in", [True, False])
def test_who_cannot_sign_in_is_not_sent_where_that_is_needed(signs_in):
    told = {**RECEIPT, "signs_in": signs_in}
    letters = [
        receipt_letter(**told),
        revoked_letter(**{**REVOKED, "signs_in": signs_in}, by=StoppedBy.CUSTOMER),
        changed_letter(**{name: told[name] for name in CHANGED}, change=Changed.PAUSED),
    ]

    assert [any("Who has my data" in line for line in each.closing) for each in letters] == [signs_in] * 3
    assert all(any("never ask for your password" in line for line in each.closing) for each in letters)


def test_what_never_opened_has_not_been_read():
    letter = revoked_letter(**{**REVOKED, "opened": False}, by=StoppedBy.SERVER, reason="nobody here has that number.")

    assert letter.subject == "Kestrel Carbon gets no data of yours"
    assert letter.lines == [
        "We stopped it on 21 November 2026 at 10:42, because nobody here has that number.",
        "Kestrel Carbon has read nothing.",
    ]


def test_a_receipt_of_somebody_unknown_says_that_nothing_is_shared_yet():
    letter = receipt_letter(**{**RECEIPT, "waits": True})

    assert letter.subject == "You agreed to share data with Kestrel Carbon: DGE-1"
    assert "Until then nothing is shared." in letter.after[-1]


@pytest.mark.parametrize(
    ("by", "says"),
    [
        (StoppedBy.CUSTOMER, "You stopped it on 21 November 2026 at 10:42."),
        (StoppedBy.CLIENT, "Kestrel Carbon stopped it on 21 November 2026 at 10:42."),
        (StoppedBy.SERVER, "We stopped it on 21 November 2026 at 10:42, because the app broke our rules."),
    ],
)
def test_the_end_says_who_ended_it(by, says):
    letter = revoked_letter(**REVOKED, by=by, reason="the app broke our rules")

    assert letter.subject == "Kestrel Carbon can no longer read your data"
    assert letter.lines[0] == says
    assert letter.after == ["Confirmation: DGE-1"]


@pytest.mark.parametrize(
    "name",
    ["Sign in at https://evil.example/now", "evil.example", "www.evil.example", "mailto:a@evil.example"],
)
def test_no_name_becomes_a_link(name):
    """Mail programs turn whatever looks like an address into a link; only ours may be one."""
    assert not re.search(r"https?://\w|\w\.\w|\w@\w|\w:\w", harmless(name))


@given(st.text())
def test_every_name_is_one_line_without_hidden_characters(name):
    plain = harmless(name)

    assert len(plain.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066\u2067\u200b-\u200f]", plain)


def test_a_name_written_from_right_to_left_is_set_apart():
    assert harmless("\u05d0\u05d1\u05d2") == "\u2068\u05d0\u05d1\u05d2\u2069"
    assert harmless("Kestrel Carbon") == "Kestrel Carbon"
