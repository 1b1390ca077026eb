"""The Purpose Component of the form: CDS-WG3-01 7.4.4, 9.2.2.4."""

from __future__ import annotations

import re

import pytest

from cdsc_server.storage.grants import GrantRow
from tests.support import requirement

ALL = {"contract_numbers": ["_all"]}
TEXT = "We work out your footprint.\n  <b>Once</b> a year & no more."
MINE = {
    "name": "Never shown",
    "content": TEXT,
    "related_uri": "https://kestrel.example/method?a=1&b=2",
    "related_name": "How Kestrel <i>counts</i>",
}
CLIENT = {"purposes": {"mine": MINE}}


@pytest.fixture
def form(opened, visitor):
    def opens(purpose, **more):
        return visitor.load(f"/consent/{opened(('usage_data', {**ALL, 'purpose': purpose}), **more)}").text

    return opens


@requirement(
    "WG3-01-7.4.4-10",
    "WG3-01-8.3-09",
    "WG3-01-9.2.1.4-05",
    "WG3-01-9.2.2.4-01",
    "WG3-01-9.2.2.4-02",
    "WG3-01-9.2.2.4-03",
    "WG3-01-9.2.2.4-04",
    "WG3-01-9.2.2.4-05",
    "WG3-01-9.2.2.4-06",
    "WG3-01-9.2.2.4-07",
    "WG3-01-9.2.2.4-08",
)
def test_words_of_the_client_are_shown_as_its_own_and_as_text(form):
    """Markup in them has no effect, and the link leads out into another tab."""
    text = form("mine", client=CLIENT)

    assert "<bdi>Kestrel Carbon</bdi> will use this data, in its own words:" in text
    assert "<bdi>Kestrel Carbon</bdi> wrote this text. We have not checked it." in text
    block = text[text.index('<div class="purpose"') :].partition("</div>")[0]
    assert ">We work out your footprint.\n  &lt;b&gt;Once&lt;/b&gt; a year &amp; no more.\n<a " in block
    assert 'href="https://kestrel.example/method?a=1&amp;b=2" target="_blank" rel="noopener nofollow"' in block
    assert "<bdi>How Kestrel &lt;i&gt;counts&lt;/i&gt;</bdi>" in block
    assert "Never shown" not in text


@requirement("WG3-01-9.2.2.4-02")
def test_words_of_ours_are_not_laid_at_the_client_s_door(form):
    text = form("service", client=CLIENT)

    assert "in words of ours that it chose:" in text
    assert "Your data is used only for the service you asked for" in text
    assert "wrote this text" not in text


@requirement("WG3-01-7.4.4-09", "WG3-01-9.2.1.4-06")
def test_without_a_purpose_there_is_no_component(form):
    text = form(None, client=CLIENT)

    assert 'class="purpose"' not in text
    assert "Why they ask" not in text


@requirement("WG3-01-9.2.2.4-09", "WG3-01-9.2.2.4-10", "WG3-01-9.2.2.4-11")
@requirement("WG3-01-9.2.2.4-12", "WG3-01-9.2.2.4-13", "WG3-01-9.2.2.4-14")
def test_the_block_grows_to_ten_lines_and_then_scrolls(client):
    """As the style says it; what a browser makes of it is seen on pictures."""
    with client.get("/static/pages.css") as answer:
        style = answer.text
    rule = style[style.index("\n.purpose {") :].partition("}")[0]

    for declared in ("white-space: pre-wrap;", "word-break: break-word;", "overflow: scroll;"):
        assert declared in rule
    assert "max-block-size: calc(10lh + 2 * var(--s2));" in rule
    assert "min-" not in rule
    assert "height" not in rule.replace("line-height", "")


@requirement("WG3-01-9.2.1.4-01")
def test_the_purpose_stands_last_in_its_section(form):
    text = form("mine", client=CLIENT)
    section = text[text.index('id="s1"') :].partition("</section>")[0]
    headings = ["<h3>What</h3>", "<h3>How long</h3>", "<h3>Which services</h3>", "<h3>Why they ask</h3>"]

    assert all(heading in section for heading in headings)
    assert sorted(headings, key=section.index) == headings


def test_the_receipt_keeps_the_words_that_were_read(form, visitor, stored):
    form("mine", client=CLIENT)
    answer = visitor.press("approve")
    assert answer.location.startswith("https://client.example/callback?code=")

    (grant,) = stored(GrantRow)
    assert grant.authorization_details[0]["purpose"] == "mine"
    visitor.load(f"/my-data/{grant.grant_id}")
    shown = visitor.load(re.search(r'href="(/receipt/[^"]+)"', visitor.text)[1]).text
    assert "&lt;b&gt;Once&lt;/b&gt; a year &amp; no more." in shown
