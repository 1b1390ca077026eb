"""The pages that say why there is no form (CDS-WG3-01 9.3)."""

import pytest

from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.factories import people
from tests.factories.oauth import register
from tests.support import requirement
from tests.support.dom import before, by_class, by_id, parsed, text_of

#: What Ada does not have, by a Client that wants no form then.
NOT_HERS = {
    "contract_numbers": ["40-1111", "40-2222"],
    "service_types": ["water", "natural_gas"],
    "error_if_no_preselections": True,
}


def main_of(visitor):
    return by_id(parsed(visitor.text), "main")


class TestNothingOfItIsThere:
    """The Preselection Error (7.4.3, 9.3.1)."""

    @requirement("WG3-01-9.1.1-22", "WG3-01-9.1.1-23", "WG3-01-7.4.3-03", "WG3-01-7.4.3-04", "WG3-01-9.3.1-01",
                 "WG3-01-9.3.1-02", "WG3-01-9.3.1-03")  # fmt: skip
    def test_a_page_says_so_and_the_client_is_told_nothing_yet(self, opened, visitor, undecided):
        opened(("usage_data", NOT_HERS))

        assert text_of(main_of(visitor)).startswith(
            "We cannot find what Kestrel Carbon asks for Kestrel Carbon asks for data about things that you do not "
            "seem to have with us."
        )
        assert undecided()

    @requirement("WG3-01-9.3.1-04", "WG3-01-9.3.1-05")
    def test_it_lists_what_was_asked_for_in_plain_words(self, opened, visitor):
        opened(("usage_data", NOT_HERS), ("account_list", {"account_numbers": ["A-a1"]}))

        told = [text_of(each) for each in by_class(main_of(visitor), "entry")]
        assert told == ["Services with these contract numbers 40-1111, 40-2222", "Services of these kinds Water, Gas"]

    @requirement("WG3-01-9.3.1-06", "WG3-01-9.3.1-07", "WG3-01-9.3.1-09", "WG3-01-7.4.3-05")
    def test_two_ways_on_stand_below_the_message(self, opened, visitor):
        request_id = opened(("usage_data", NOT_HERS))
        main = main_of(visitor)
        (choice,) = by_class(main, "choice")

        assert [(each.tag, text_of(each)) for each in by_class(choice, "btn")] == [
            ("a", "Sign in as someone else"),
            ("button", "Do not share"),
        ]
        assert by_class(choice, "btn")[0].get("href") == f"/sign-in?next=/consent/{request_id}"
        assert before(main, by_class(main, "lead")[0], by_id(main, "asked"), choice)

    @requirement("WG3-01-9.3.1-08")
    def test_saying_no_tells_the_client_only_that(self, opened, visitor, stored):
        opened(("usage_data", NOT_HERS))
        answer = visitor.press("decline-unmatched")

        assert "error=invalid_authorization_details" in answer.location
        assert "state=xyz" in answer.location
        assert stored(GrantRow) == []

    @requirement("WG3-01-9.3.1-10", "WG3-01-9.2.1.7-01")
    def test_someone_else_comes_back_to_the_form(self, app, clock, opened, visitor):
        opened(("usage_data", {"contract_numbers": ["C-bo"], "error_if_no_preselections": True}))
        with app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), customer_id="bo", contracts=1)
            session.query(ServiceContractRow).filter_by(customer_id="bo").one().contract_number = "C-bo"
        (link,) = (each for each in by_class(main_of(visitor), "btn-go"))
        visitor.load(link.get("href"))
        visitor.sign_in("bo@example.com")

        assert "Do you want to share your data?" in visitor.text
        assert "Signed in as <bdi>Bo Lindqvist" in visitor.text

    @requirement("WG3-01-7.4.3-07", "WG3-01-7.4.3-08")
    @pytest.mark.parametrize(
        "values",
        [
            {"error_if_no_preselections": True},
            {"contract_numbers": ["of nobody"], "error_if_no_preselections": False},
            {"contract_numbers": ["of nobody", "C-shop0001"], "error_if_no_preselections": True},
        ],
    )
    def test_otherwise_there_is_a_form(self, opened, visitor, values):
        """Nothing was named, nobody minds, or something of it is there."""
        opened(("usage_data", values))

        assert "Do you want to share your data?" in visitor.text


class TestWrongLinks:
    """The Invalid Request Error (9.3.2)."""

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"response_type": "token"}, marks=requirement("WG3-01-9.1.1-01", "WG3-01-9.1.1-10")),
            pytest.param({"response_type": None}, marks=requirement("WG3-01-9.1.1-10")),
            pytest.param({"client_id": "unknown"}, marks=requirement("WG3-01-9.1.1-02", "WG3-01-9.1.1-12")),
            pytest.param(
                {"redirect_uri": "https://evil.example/"}, marks=requirement("WG3-01-9.1.1-03", "WG3-01-9.1.1-11")
            ),
        ],
    )
    @requirement("WG3-01-9.3.2-01", "WG3-01-9.3.2-02", "WG3-01-9.3.2-03")
    def test_a_page_says_that_the_link_is_wrong_and_whom_to_tell(self, client, changes, stored):
        party = register(client)
        answer = client.get("/oauth/authorize", query_string=party.asking(**changes))

        told = text_of(by_id(parsed(answer.text), "main"))
        assert answer.status_code == 400
        assert "Something in the link is wrong or missing, so we cannot go on." in told
        assert "Please tell the site or app that gave you the link." in told
        assert stored(AuthorizationRequestRow) == []


class TestOurOwnAddress:
    """The Default Redirect Error (9.3.3)."""

    @requirement("WG3-01-9.1.1-33", "WG3-01-9.3.3-02", "WG3-01-9.3.3-03")
    def test_who_said_no_is_told_so(self, ask, visitor):
        request_id = ask("usage_data", redirect_uri="http://127.0.0.1:8000/receipt-redirect")
        visitor.load(f"/consent/{request_id}")
        visitor.sign_in()
        answer = visitor.press("decline")
        visitor.load(answer.location.removeprefix("http://127.0.0.1:8000"))

        root = parsed(visitor.text)
        assert text_of(next(root.iter("h1"))) == "You said no"
        assert text_of(by_id(root, "main")).startswith("The app gets nothing.")

    @requirement("WG3-01-9.1.1-33", "WG3-01-9.3.3-02", "WG3-01-9.3.3-04", "WG3-01-9.3.3-05", "WG3-01-9.3.3-06")
    @pytest.mark.parametrize(
        ("error", "why"),
        [
            ("invalid_scope", "The app asked for a kind of data that it may not ask for."),
            ("invalid_authorization_details", "What the app asked for does not fit."),
            ("invalid_request", "Something is missing in the link, or wrong in it."),
            ("server_error", "Something broke on our side."),
            ("something_new", "The request was not right."),
        ],
    )
    def test_other_errors_are_told_with_their_reason(self, visitor, error, why):
        visitor.load("/receipt-redirect", query_string={"error": error, "error_description": "scope: unknown"})

        root = parsed(visitor.text)
        assert text_of(next(root.iter("h1"))) == "We cannot finish this"
        assert text_of(by_id(root, "main")) == (
            f"{why} Nothing has been shared. Please tell the site or app that gave you the link. "
            f"For them: {error} scope: unknown"
        )
