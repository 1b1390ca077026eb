"""The words of mails, and names that apps gave themselves."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.letters import StoppedBy, harmless, receipt_letter, revoked_letter

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
}


def test_a_receipt_says_what_and_how_long_and_for_what():
    letter = receipt_letter(
        customer_name="Ada Lindqvist",
        app="Kestrel Carbon",
        confirmation="DGE-1",
        at=AT,
        zone=ZONE,
        parts=[("Energy use", "From 21 November 2023 until you stop it."), ("Bills", "")],
        counts=["2 services", "2 services"],
        link="https://cds.example/receipt/s",
    )

    assert letter.subject == "You share data with Kestrel Carbon: DGE-1"
    assert letter.greeting == "Hello Ada Lindqvist,"
    assert letter.lines == ["On 21 November 2026 at 10:42 you let Kestrel Carbon read:"]
    assert letter.items == ["Energy use. From 21 November 2023 until you stop it.", "Bills."]
    assert letter.after == ["For: 2 services."]


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
