"""What the form shows, and what it keeps."""

import pytest

from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.db import db, transaction
from tests.factories import people
from tests.support import requirement
from tests.support.pages import Visitor

ALL = {"contract_numbers": ["_all"]}
#: What Ada does not have, by a Client that wants no form then.
NOT_HERS = {"contract_numbers": ["of somebody else"], "error_if_no_preselections": True}


def ticked(visitor, n=1):
    return sorted(visitor.form().values(f"s{n}"))


@requirement("WG3-01-9.1.1-18", "WG3-01-9.1.1-24", "WG3-01-9.1.2-03", "WG3-01-9.1.1-14", "WG3-01-9.1.1-15")
def test_nobody_sees_the_form_before_signing_in(ask, visitor):
    request_id = ask("usage_data")
    visitor.load(f"/consent/{request_id}")

    assert "Kestrel Carbon</bdi> wants to ask you" in visitor.text
    assert "Shop 0001" not in visitor.text
    visitor.sign_in()
    assert "Do you want to share your data?" in visitor.text


def test_another_browser_finds_nothing(app, opened):
    request_id = opened("usage_data")
    with app.test_client() as other:
        stranger = Visitor(other)
        stranger.load("/sign-in")
        stranger.sign_in()

        assert stranger.load(f"/consent/{request_id}").status_code == 404


@requirement("WG3-01-9.2.1.4-02")
def test_there_is_one_section_for_each_entry_in_the_order_of_the_request(opened, visitor):
    opened("supply_details", "usage_data", "generation_mix")

    titles = ("Supply details", "Energy use", "Where your energy comes from")
    places = [visitor.text.index(f"{title}</h2>") for title in titles]
    assert places == sorted(places)


@requirement("WG3-01-9.2.3.2-18", "WG3-01-9.2.3.2-19")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"contract_numbers": ["C-shop0002"]}, ["shop0002"]),
        ({"contract_numbers": ["_all"]}, ["shop0001", "shop0002", "shop0003"]),
        ({"account_numbers": ["A-a1"]}, ["shop0001", "shop0002", "shop0003"]),
        ({"service_types": ["natural_gas"]}, ["shop0002"]),
        ({"service_types": ["electric"], "contract_numbers": ["C-shop0001", "C-shop0002"]}, ["shop0001"]),
        ({"meter_numbers": ["M-m3"]}, ["shop0003"]),
        ({"servicepoint_numbers": ["SP-p1"]}, ["shop0001"]),
    ],
)
def test_what_the_request_names_is_ticked(opened, visitor, values, expected):
    opened(("usage_data", {**values}))

    assert ticked(visitor) == expected


@requirement("WG3-01-9.2.3.2-20")
def test_later_services_are_ticked_only_when_asked_for(opened, visitor):
    opened(("usage_data", {"contract_numbers": ["_all", "_include_future"]}), ("supply_details", ALL))

    assert visitor.form().values("s1-future") == ["on"]
    assert visitor.form().values("s2-future") == []


@requirement("WG3-01-9.2.2.1-06")
def test_details_follow_the_fields_that_were_asked_for(opened, visitor):
    opened(("supply_details", {"include_rate_plans": False, "include_account_details": True}))

    assert "Name and address of the account" in visitor.text
    assert "Name and code of your price plan" not in visitor.text


@requirement("WG3-01-9.2.2.2-01", "WG3-01-9.2.2.2-05", "WG3-01-9.2.2.2-14", "WG3-01-9.2.2.2-15")
def test_durations_are_real_dates_of_the_utility(opened, visitor):
    """It is noon of 1 March 2026 in Greenwich, and morning of the same day in New York."""
    opened(
        ("usage_data", {**ALL, "segment_start": "P3Y", "segment_end": "P3Y"}),
        ("supply_details", {**ALL, "sync_until": "PT0S"}),
        ("generation_mix", {**ALL, "segment_start": "PT0S", "segment_end": "infinite"}),
    )

    assert "From 1 March 2023 until 1 March 2029." in visitor.text
    assert "As it is today, 1 March 2026. No updates." in visitor.text
    assert "From today, 1 March 2026, until you stop it." in visitor.text
    assert "P3Y" not in visitor.text


def test_enter_presses_a_button_that_decides_nothing(opened, visitor, undecided):
    opened(("usage_data", ALL))

    assert visitor.form().buttons[0][2] == "update"
    visitor.press("update")
    assert undecided()


@requirement("WG3-01-9.2.1.3-04")
def test_changes_are_kept_and_can_be_undone(opened, visitor):
    request_id = opened(("usage_data", ALL))
    visitor.press("update", untick=(("s1", "shop0001"),))
    visitor.load(f"/consent/{request_id}")
    assert ticked(visitor) == ["shop0002", "shop0003"]
    visitor.press("reset")
    visitor.load(f"/consent/{request_id}")

    assert ticked(visitor) == ["shop0001", "shop0002", "shop0003"]


@requirement("WG3-01-9.2.3.2-10")
def test_one_button_ticks_all_and_one_unticks_all(opened, visitor):
    request_id = opened("usage_data")
    visitor.press("all-1")
    visitor.load(f"/consent/{request_id}")
    assert len(ticked(visitor)) == 3
    visitor.press("none-1")
    visitor.load(f"/consent/{request_id}")

    assert ticked(visitor) == []


@pytest.mark.parametrize(("contracts", "there"), [(10, False), (11, True)])
def test_search_and_count_stand_above_ten_entries(opened, visitor, contracts, there):
    opened("usage_data", contracts=contracts)

    assert ('id="s1-find"' in visitor.text) is there
    assert ("Show only ticked" in visitor.text) is there


@requirement("WG3-01-9.2.1.4-01", "WG3-01-9.2.1-01", "WG3-01-9.2.1.1-02", "WG3-01-9.2.1.2-01", "WG3-01-9.2.1.2-02")
def test_the_page_answers_who_what_how_long_and_which_in_this_order(opened, visitor):
    opened(("usage_data", ALL))

    words = (
        "Demo Gas &amp; Electric",
        "Request for access to your energy data",
        "Kestrel Carbon</bdi> asks for access to your data",
        "<h3>What</h3>",
        "<h3>How long</h3>",
        "<h3>Which services</h3>",
        "Before you choose",
        "Share my data",
        "Do not share",
        "Sign in as someone else",
    )
    places = [visitor.text.rindex(each) for each in words[1:]]
    assert places == sorted(places)
    assert visitor.text.index(words[0]) < places[0]


@requirement("WG3-01-9.2.3.2-03", "WG3-01-9.2.3.2-04", "WG3-01-9.2.3.2-05", "WG3-01-9.2.3.2-06", "WG3-01-9.2.3.2-07")
def test_an_entry_has_the_own_name_first_then_kind_address_and_numbers(opened, visitor):
    opened("usage_data")

    for words in ("Shop 0002", "Gas, supply · 2 shop0002 Street", "Contract C-shop0002", "Account A-a1"):
        assert words in visitor.text


@requirement("WG3-01-9.2.3.2-12")
@pytest.mark.parametrize("words", ["shop 0012", "C-shop0012", "cshop0012", "2 shop0012 street", "a-a1 0012"])
def test_a_search_finds_names_addresses_and_numbers(opened, visitor, words):
    request_id = opened("usage_data", contracts=14)
    visitor.press("update-1", s1_find=words)
    visitor.load(f"/consent/{request_id}")

    assert [value for name, value in visitor.form().boxes if name == "s1"] == ["shop0012"]


def test_a_search_loses_no_tick(opened, visitor):
    request_id = opened(("usage_data", {"contract_numbers": ["C-shop0001", "C-shop0012"]}), contracts=14)
    visitor.press("update-1", s1_find="shop 0012")
    visitor.load(f"/consent/{request_id}")

    assert "Ticked, not in this search" in visitor.text
    assert ticked(visitor) == ["shop0001", "shop0012"]
    assert "Shop 0005" not in visitor.text


def test_choices_survive_being_away(opened, visitor, clock):
    request_id = opened(("usage_data", ALL))
    visitor.press("update", untick=(("s1", "shop0001"),))
    clock.advance(minutes=30)
    visitor.load(f"/consent/{request_id}")
    assert "You were away for more than 10 minutes" in visitor.text
    visitor.sign_in()

    assert ticked(visitor) == ["shop0002", "shop0003"]


@requirement("WG3-01-9.1.2-07")
def test_somebody_else_begins_anew(app, clock, opened, visitor):
    """Ada's ticks are none of Bo's business."""
    request_id = opened(("usage_data", ALL))
    visitor.press("update", untick=(("s1", "shop0001"),))
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), customer_id="bo", contracts=1)
    visitor.load("/sign-in", query_string={"next": f"/consent/{request_id}"})
    visitor.sign_in("bo@example.com")

    assert "Bo Lindqvist" in visitor.text
    assert ticked(visitor) == ["shop0001"]


@requirement("WG3-01-9.2.1.4-03")
def test_take_it_or_leave_it_has_no_boxes(opened, visitor):
    opened(("usage_data", {**ALL, "allow_scope_modifications": False}))

    assert "It allows only yes or no" in visitor.text
    assert visitor.form().boxes == []
    assert "Shop 0002" in visitor.text


@requirement("WG3-01-9.3.1-02", "WG3-01-9.3.1-03", "WG3-01-9.3.1-07", "WG3-01-9.3.1-09")
def test_when_nothing_fits_the_page_says_so_and_tells_the_client_nothing_yet(opened, visitor, undecided):
    opened(("usage_data", NOT_HERS))

    assert "We cannot find what" in visitor.text
    assert "Sign in as someone else" in visitor.text
    assert undecided()


@requirement("WG3-01-9.3.1-08")
def test_saying_no_when_nothing_fits_tells_only_that(opened, visitor):
    opened(("usage_data", NOT_HERS))
    answer = visitor.press("decline-unmatched")

    assert "error=invalid_authorization_details" in answer.location
    assert "state=xyz" in answer.location


@pytest.mark.parametrize(("is_test", "status"), [(False, "sandbox"), (True, "production")])
@requirement("WG1-02-5.2-03")
def test_clients_of_the_sandbox_and_real_customers_never_meet(ask, visitor, undecided, is_test, status):
    request_id = ask("usage_data", client={"status": status}, is_test=is_test)
    visitor.load(f"/consent/{request_id}")
    answer = visitor.sign_in()

    assert answer.status_code == 303
    assert "This app cannot ask you" in visitor.text
    assert "Shop 0001" not in visitor.text
    assert undecided()


def test_prompt_login_wants_a_fresh_sign_in(ask, visitor, clock):
    ask("usage_data")
    visitor.sign_in()
    clock.advance(seconds=5)
    request_id = ask(("usage_data", ALL), prompt="login")
    clock.advance(seconds=5)
    visitor.load(f"/consent/{request_id}")
    assert 'id="password"' in visitor.text
    visitor.sign_in()

    assert "Do you want to share your data?" in visitor.text


def test_words_of_a_client_are_text_and_never_markup(opened, visitor):
    opened("usage_data", client={"client_name": "<script>alert(1)</script>"})

    assert "<script>" not in visitor.text
    assert "&lt;script&gt;" in visitor.text


@pytest.mark.parametrize("shown", ["", "{", '{"a": 1}', "[1]"])
def test_a_damaged_form_changes_nothing(opened, visitor, stored, shown):
    opened(("usage_data", ALL))
    answer = visitor.press("approve", s1_shown=shown)

    assert answer.status_code == 400
    assert stored(AuthorizationRequestRow)[0].decided is None


def test_two_thousand_services_make_a_page_of_bounded_size_with_as_many_statements(app, opened, visitor):
    """The number of statements is that of a Customer with three services."""
    statements = []
    with app.app_context():
        from sqlalchemy import event

        event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    request_id = opened(("usage_data", ALL), contracts=2000)
    statements.clear()
    visitor.load(f"/consent/{request_id}")

    assert len(visitor.text) < 150_000
    assert len([each for each in statements if each.startswith("SELECT")]) < 20
    assert "On other pages: 1,900" in visitor.text
    visitor.press("page-1-1", untick=(("s1", "shop0001"),))
    visitor.load(f"/consent/{request_id}")
    assert "Shop 0101" in visitor.text
    assert "On other pages: 1,899" in visitor.text
