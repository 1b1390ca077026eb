"""What Customers read fits on every screen and on paper, in every language, however much is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.languages import LANGUAGES
from cdsc_server.services.grant_reads import Read, note_reads
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import customer_data, people
from tests.support import requirement
from tests.support.tab import WIDTHS, fits, follow, paper, picture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

ALL = {"contract_numbers": ["_all", "_include_future"]}
MINE = {
    "name": "Ours",
    "content": "We write you a savings plan for your ovens.\n" * 14,
    "related_uri": "https://kestrel.example/",
    "related_name": "Kestrel",
}
SCOPES = (
    ("usage_data", {**ALL, "segment_start": "P3Y", "purpose": "mine"}),
    ("supply_details", {"account_numbers": ["_all"], "authorization_form_selection_type": "account_selection"}),
    ("distribution_details", {**ALL, "allow_scope_modifications": False}),
    ("bill_statements", {"account_numbers": ["_all"]}),
    ("generation_mix", {**ALL, "segment_end": "PT0S", "purpose": "service"}),
    ("account_list", {"account_numbers": ["_all"]}),
    ("rate_plan", ALL),
)

#: Words and boxes that reach out of what they stand in; what may scroll by itself is left out, and heads of tables,
#: which are for the ear only on small screens.
_REACH_OUT = """() => [...document.querySelectorAll('main *, header *, footer *')].filter(each => {
    const style = getComputedStyle(each);
    return each.clientWidth && each.scrollWidth > each.clientWidth + 1 && style.display !== 'inline'
        && !each.closest('.vh, svg, thead, .scroll, .purpose') && style.overflowX === 'visible';
}).map(each => `${each.tagName}.${each.className}: ${each.innerText.slice(0, 60)}`)"""
_OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
#: Parts of the page that are cut off or can be scrolled, with what they hold.
_CUT = """() => [...document.querySelectorAll('main *')].filter(each => {
    const style = getComputedStyle(each);
    return style.overflowY !== 'visible' && style.overflowY !== 'clip' && each.scrollHeight > each.clientHeight + 1
        && !each.closest('.vh, svg');
}).map(each => `${each.tagName}.${each.className}`)"""


@pytest.fixture
def ask(page, live_server, clock, client_site):
    """Has a Client ask Ada, who has 14 shops, in the browser of `page`; gives the address of the form."""
    with live_server.app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), contracts=14)
        people.requester(session, at=clock.now(), redirect_uris=[client_site.callback], purposes={"mine": MINE})
        series = customer_data.series(session, "s", contract_id="shop0001", meter_device_id="m1")
        start = datetime(2026, 2, 25, tzinfo=UTC)
        customer_data.readings(session, series, start, [f"{(n * 7) % 24 / 8:.3f}" for n in range(72)])

    def asks(*scopes):
        page.goto("/sign-in")
        cookie = next(each["value"] for each in page.context.cookies() if each["name"] == "cdsc_session")
        catalogue = live_server.app.extensions["cdsc"].catalogue
        with live_server.app.app_context(), transaction() as session:
            request_id = people.waiting(
                session,
                tuple(people.requested(catalogue, scope, **values) for scope, values in scopes),
                session_hash=secret_hash(cookie),
                at=clock.now(),
                redirect_uri=client_site.callback,
            )
        page.goto(f"/consent/{request_id}")
        page.fill("#username", "ada@example.com")
        page.fill("#password", people.PASSWORD)
        follow(page, "#sign-in")

    return asks


def spoken(page, place):
    """What a part of the page says, with the numbers that the style sheet counts."""
    session = page.context.new_cdp_session(page)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": place})["nodeId"]
    found = session.send("Accessibility.queryAXTree", {"nodeId": node, "role": "StaticText"})["nodes"]
    return " ".join(each["name"]["value"] for each in found)


@pytest.fixture
def walk(page, ask, live_server, clock):
    """Goes by all pages that Customers read, and stops at each; says where."""

    def walks(language):
        page.goto("/sign-in")
        follow(page, f"button[value={language}]")
        ask(*SCOPES)
        yield "form"
        follow(page, "#approve")
        with live_server.app.app_context(), reading() as session:
            (grant_id,) = (row.grant_id for row in session.query(GrantRow))
        with live_server.app.app_context():
            for hours in range(0, 700, 31):
                at = clock.now() - timedelta(hours=hours)
                note_reads(grant_id, [Read("usage_segments", 1 + hours % 5, at, at)], at=at)
        page.goto("/my-data")
        yield "my data"
        page.goto(f"/my-data/{grant_id}")
        yield "grant"
        page.goto(page.locator("a[href^='/receipt/']").get_attribute("href"))
        yield "receipt"
        page.locator(".stop").evaluate("each => { each.open = true }")
        follow(page, "#stop")
        yield "receipt, stopped"

    return walks


@requirement("WG3-01-9.2.1.5-03", "WG3-01-9.2.1.5-04")
def test_what_is_ticked_is_counted_again_however_many_sections_there_are(page, ask):
    """At once, in each of 14, and what is left out is told no more."""
    ask(*[("usage_data", {"contract_numbers": [f"C-shop{n:04}" for n in range(1, n + 2)]}) for n in range(14)])
    assert [spoken(page, f".tally-{n} .n") for n in range(1, 15)] == [str(n) for n in range(1, 15)]
    page.locator("#s14").get_by_label("Shop 0014").uncheck()
    page.locator("#s13").get_by_label("Shop 0014").check()
    page.locator("#leave-14").check()

    assert [spoken(page, f".tally-{n} .n") for n in (12, 13)] == ["12", "14"]
    assert not page.locator(".tally-14").is_visible()
    page.locator("#leave-14").uncheck()
    assert spoken(page, ".tally-14 .n") == "13"


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_fits_at_every_width(page, walk, language):
    """Nothing scrolls sideways and no word leaves its box, folded and unfolded."""
    found = []
    for name in walk(language):
        assert page.locator("html").get_attribute("lang") == language
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            picture(page, f"{language} {name}")
            page.evaluate(_OPEN_ALL)
            picture(page, f"{language} {name} open")
            found += [f"{name}, {width}: {each}" for each in page.evaluate(_REACH_OUT)]
            found += [] if fits(page) else [f"{name}, {width}: scrolls sideways"]

    assert "\n".join(found) == ""


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_on_paper_everything_is_there_and_nothing_to_press(page, walk, language):
    """What scrolls or is folded on a screen is open, and buttons and menus are gone."""
    found = []
    for name in walk(language):
        page.set_viewport_size({"width": 794, "height": 1123})
        page.emulate_media(media="print")
        found += [f"{name}: cut {each}" for each in page.evaluate(_CUT)]
        found += [f"{name}: reaches out {each}" for each in page.evaluate(_REACH_OUT)]
        found += [] if fits(page) else [f"{name}: too wide"]
        # A tick says what is shared.
        shown = page.locator("button:not(.vh), input:not([type=hidden], :checked), select, textarea, nav").all()
        found += [f"{name}: {each.evaluate('e => e.outerHTML')[:80]}" for each in shown if each.is_visible()]
        paper(page, f"{language} {name}")
        page.emulate_media(media="screen")

    assert "\n".join(found) == ""
