"""How the form is laid out: its sections, what each holds, and what leads away from it (CDS-WG3-01 9.2, 9.2.1)."""

from dataclasses import replace

import pytest

from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.grants import GrantRow
from tests.factories.catalogues import changed_catalogue
from tests.support import requirement
from tests.support.dom import before, by_class, by_id, links, parsed, text_of

ALL = {"contract_numbers": ["_all"]}
THREE = ("usage_data", ALL), ("supply_details", ALL), ("generation_mix", ALL)


@pytest.fixture
def page(opened, visitor):
    """The page of a form for these scopes, as a tree."""

    def opens(*scopes, **more):
        opened(*(scopes or THREE), **more)
        return parsed(visitor.text)

    return opens


def sections(root):
    """The parts of the page in the order the standard wants."""
    (header,), (footer,) = by_class(root, "top"), by_class(root, "foot")
    return {
        "header": header,
        "requester": by_id(root, "asks"),
        "requests": by_class(root, "request")[0],
        "closing": by_id(root, "closing-title"),
        "approval": by_id(root, "approve-title"),
        "footer": footer,
    }


@requirement("WG3-01-9.2-01", "WG3-01-9.2.1-01")
def test_the_sections_stand_in_their_order(page):
    root = page()

    assert before(root, *sections(root).values())
    assert before(root, *by_class(root, "request"), by_id(root, "closing-title"))


@requirement("WG3-01-9.2.1.1-01", "WG3-01-9.2.1.1-02", "WG3-01-9.2.1.1-04")
def test_the_header_says_whose_page_it_is_and_what_for(page):
    header = sections(page())["header"]

    assert text_of(header.find("a")) == "Demo Gas & Electric"
    assert header.find("a/svg") is not None
    assert text_of(header.find("p")) == "Request for access to your energy data"


@requirement("WG3-01-9.2-12", "WG3-01-9.2.1.1-06", "WG3-01-9.2.1.1-08", "WG3-01-9.2.1.1-09")
def test_what_leads_away_is_little_and_opens_a_new_tab(page, visitor):
    """No menu; only signing in as someone else stays in the tab, since that loads the form again."""
    root = page()
    leading = [link for link in links(root) if not link.get("href").startswith("#")]
    away = {link.get("href"): link.get("target") for link in leading}
    again = f"/sign-in?next={visitor.page.request.path}"

    assert away == {
        "https://dge.example/": "_blank",
        again: None,
        "tel:+15550100": None,
        "https://dge.example/help": "_blank",
        "https://dge.example/terms": "_blank",
        "https://dge.example/privacy": "_blank",
    }
    assert list(root.iter("nav")) == []


@requirement("WG3-01-9.2-10", "WG3-01-9.2.1.6-01", "WG3-01-9.2.1.6-02", "WG3-01-9.2.1.6-03")
def test_yes_and_no_are_buttons_of_the_one_form_of_the_page(page, visitor):
    root = page()
    (form,) = root.iter("form")

    assert form.get("action") == visitor.page.request.path
    assert [(text_of(by_id(form, name)), by_id(form, name).tag) for name in ("approve", "decline")] == [
        ("Share my data", "button"),
        ("Do not share", "button"),
    ]
    assert len(by_class(form, "btn-go")) == len(by_class(form, "btn-no")) == 1


@requirement("WG3-01-9.2.1.6-11", "WG3-01-9.2.1.6-13", "WG3-01-9.2.1.4-04")
def test_a_click_is_all_it_takes(page, visitor, stored):
    """With nothing touched, what was asked for is what is shared."""
    page(("usage_data", {"contract_numbers": ["C-shop0002"], "segment_start": "P2Y", "include_meter_numbers": True}))
    answer = visitor.press("approve")

    assert answer.location.startswith("https://client.example/callback?code=")
    (grant,) = stored(GrantRow)
    assert grant.selections[0]["ids"] == ["shop0002"]
    assert grant.authorization_details[0]["segment_start"] == "2024-03-01T12:00:00Z"


@requirement("WG3-01-9.2.1.6-04")
def test_no_needs_nothing_to_be_filled_in(page, visitor, stored):
    page("usage_data", "supply_details")
    answer = visitor.press("decline")

    assert "error=access_denied" in answer.location
    assert stored(GrantRow) == []


@requirement("WG3-01-9.2.1.3-01", "WG3-01-9.2.1.3-02", "WG3-01-9.2.1.4-02")
def test_each_request_is_a_card_of_its_own_with_a_title(page):
    requests = by_class(page(), "request")

    assert ["card" in each.get("class").split() for each in requests] == [True, True, True]
    assert [text_of(next(each.iter("h2"))) for each in requests] == [
        "Energy use",
        "Supply details",
        "Where your energy comes from",
    ]
    assert [list(each.iter("section"))[1:] for each in requests] == [[], [], []]


@requirement("WG3-01-9.2.1.4-01")
def test_a_request_says_what_how_long_and_which_in_this_order(page):
    for each in by_class(page(), "request"):
        assert [text_of(title) for title in each.iter("h3")] == ["What", "How long", "Which services"]


@requirement("WG3-01-9.2.2.3-01")
@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        ("account_selection", "Which accounts"),
        ("service_contract_selection", "Which services"),
        ("servicepoint_selection", "Which connections"),
        ("meter_device_selection", "Which meters"),
    ],
)
def test_the_request_says_what_is_chosen_from(page, kind, heading):
    (request,) = by_class(page(("distribution_details", {"authorization_form_selection_type": kind})), "request")

    assert text_of(list(request.iter("h3"))[2]) == heading


@requirement("WG3-01-9.2.1.5-01", "WG3-01-9.2.1.5-02")
def test_the_closing_section_asks_for_nothing(page):
    """It only tells: everybody who signs in here has said all there is to say."""
    root = page()
    (closing,) = (each for each in root.iter("section") if each.get("aria-labelledby") == "closing-title")

    assert [each.tag for each in closing.iter() if each.tag in ("input", "select", "textarea", "button", "a")] == []


@requirement("WG3-01-9.2.1.5-04")
def test_what_the_closing_section_says_of_a_request_is_bound_to_it(page):
    root = page()
    (closing,) = (each for each in root.iter("section") if each.get("aria-labelledby") == "closing-title")

    assert "Energy use can show daily habits" in " ".join(text_of(each) for each in by_class(closing, "only-1"))
    assert "contract numbers" in " ".join(text_of(each) for each in by_class(closing, "only-2"))


@requirement("WG3-01-9.2.1.7-01", "WG3-01-9.2.1.7-02", "WG3-01-9.2.1.7-03")
def test_the_footer_leads_to_another_sign_in_and_to_help(page):
    footer = sections(page())["footer"]

    assert "Signed in as Ada Lindqvist. Sign in as someone else" in text_of(footer)
    for words in ("+1 555 0100", "write to us", "Terms of use", "Privacy"):
        assert words in text_of(footer)


class TestConfirmedSite:
    """The app's web site, on a server whose operator looks at it."""

    @pytest.fixture
    def settings(self, settings, tmp_path):
        def looking(text):
            return text.replace('client_fields = ["client_name"]', 'client_fields = ["client_name", "client_uri"]')

        return replace(settings, catalogue_file=changed_catalogue(tmp_path, looking))

    @requirement("WG3-01-9.2.1.2-04", "WG3-01-9.2.1.2-05", "WG3-01-9.2.1.2-06")
    def test_a_name_leads_to_a_site_that_was_looked_at(self, page):
        """In a tab of its own, that cannot lead this one away."""
        client = {"status": "production", "uris": {"client_uri": "https://kestrel.example/"}}
        (link,) = by_id(page(client=client, is_test=False), "asks").iter("a")

        assert text_of(link) == "Kestrel Carbon (opens a new tab)"
        assert link.attrib == {"href": "https://kestrel.example/", "target": "_blank", "rel": "noopener"}

    def test_in_the_sandbox_nobody_has_looked(self, page):
        root = page(client={"uris": {"client_uri": "https://kestrel.example/"}})

        assert list(by_id(root, "asks").iter("a")) == []


@requirement("WG3-01-9.2.1.2-08")
def test_of_a_client_nothing_but_name_and_site_is_told(page, visitor):
    """So there is nothing more to disclose in the documentation of a scope."""
    uris = {name: f"https://kestrel.example/{name}" for name in ("logo_uri", "tos_uri", "policy_uri")}
    page(client={"uris": uris, "contacts": ["team@kestrel.example"]})

    assert "kestrel.example" not in visitor.text


def test_a_site_nobody_looked_at_is_no_link(page, visitor):
    page(client={"status": "production", "uris": {"client_uri": "https://kestrel.example/"}}, is_test=False)

    assert "https://kestrel.example/" not in visitor.text
    assert "we have not checked what it does" in visitor.text


@requirement("WG3-01-9.1.1-25")
def test_every_button_that_decides_is_still_there_on_a_fixed_form(page, visitor, stored):
    """Take it or leave it: the same two buttons."""
    root = page(("usage_data", {**ALL, "allow_scope_modifications": False}))

    assert by_id(root, "approve").get("value") == "approve"
    assert "error=access_denied" in visitor.press("decline").location
    assert stored(AuthorizationRequestRow)[0].grant_id is None
