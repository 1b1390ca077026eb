"""Pages and mails speak the language of the Customer."""

import re

import pytest

from cdsc_server.storage.customers import CustomerRow, SessionRow
from cdsc_server.storage.grants import ReceiptRow
from tests.support.pages import Visitor

HEADINGS = {
    "en": "Do you want to share your data?",
    "de": "Möchten Sie Ihre Daten teilen?",
    "fr": "Voulez-vous partager vos données\N{NO-BREAK SPACE}?",
    "es": "¿Quiere compartir sus datos?",
}


@pytest.fixture
def other(app):
    """A browser that was never here."""
    with app.test_client() as client:
        yield Visitor(client)


def language_of(visitor):
    """What the page says it is written in."""
    return re.search(r'<html lang="(\w+)"', visitor.text)[1]


@pytest.mark.parametrize(
    ("accepts", "language"),
    [("de-AT,de;q=0.9,en;q=0.8", "de"), ("pt, fr;q=0.5", "fr"), ("de;q=0, es;q=0.1", "es"), ("pt", "en"), ("", "en")],
)
def test_the_browser_says_what_its_person_reads(other, accepts, language):
    other.load("/sign-in", headers={"Accept-Language": accepts})

    assert language_of(other) == language


@pytest.mark.parametrize("language", HEADINGS)
def test_the_form_is_in_the_language_that_was_chosen(opened, visitor, language):
    request_id = opened("usage_data")

    visitor.client.post("/language", data={"language": language, "next": "/"})

    visitor.load(f"/consent/{request_id}", headers={"Accept-Language": "fr"})
    assert language_of(visitor) == language
    assert f"<h1>{HEADINGS[language]}</h1>" in visitor.text


def test_changing_the_language_keeps_what_is_ticked(opened, visitor):
    request_id = opened("usage_data")
    form = visitor.form()
    shop = next(value for name, value in form.boxes if name == "s1")

    visitor.client.post(form.action, data={"form_token": form.values("form_token"), "s1-shown": form.values("s1-shown"),
                                           "s1": shop, "do": "language-de"})  # fmt: skip

    visitor.load(f"/consent/{request_id}")
    assert language_of(visitor) == "de"
    assert visitor.form().values("s1") == [shop]


def test_a_choice_leads_back_to_the_page_it_was_made_on(visitor):
    answer = visitor.client.post("/language", data={"language": "es", "next": "/my-data?x=1"})

    assert answer.location == "/my-data?x=1"


@pytest.mark.parametrize("away", ["//evil.example/", "https://evil.example/", "/\\evil.example", ""])
def test_a_choice_leads_nowhere_else(visitor, away):
    answer = visitor.client.post("/language", data={"language": "es", "next": away})

    assert answer.location == "/"


def test_a_language_we_do_not_have_changes_nothing(visitor, stored):
    visitor.client.post("/language", data={"language": "xx", "next": "/"})

    assert [row.language for row in stored(SessionRow)] == [None]


def test_another_site_cannot_change_the_language(visitor, stored):
    answer = visitor.client.post("/language", data={"language": "de"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert [row.language for row in stored(SessionRow)] == [None]


def test_the_choice_of_a_customer_holds_in_the_next_browser(opened, visitor, other, stored):
    opened("usage_data")
    visitor.client.post("/language", data={"language": "fr", "next": "/"})

    other.load("/sign-in")
    other.sign_in()
    other.load("/my-data")

    assert [row.language for row in stored(CustomerRow)] == ["fr"]
    assert language_of(other) == "fr"


def test_a_receipt_keeps_the_words_that_were_read(opened, visitor, stored):
    """The page around them is in the language of whoever looks."""
    opened("usage_data")
    visitor.client.post("/language", data={"language": "de", "next": "/"})
    visitor.load(visitor.form().action)
    visitor.press("approve", tick=(("s1", "shop0001"),))
    visitor.client.post("/language", data={"language": "fr", "next": "/"})

    visitor.load("/my-data")
    visitor.load(re.search(r'<h3 [^>]*><a href="(/my-data/[^"]+)"', visitor.text)[1])
    visitor.load(re.search(r'href="(/receipt/[^"]+)"', visitor.text)[1])

    assert [row.form["language"] for row in stored(ReceiptRow)] == ["de"]
    assert language_of(visitor) == "fr"
    assert '<dl class="facts kinds" lang="de">' in visitor.text
    assert "Energieverbrauch" in visitor.text
    assert "Numéro de confirmation" in visitor.text


def test_pages_of_developers_stay_english(client):
    page = client.get("/register", headers={"Accept-Language": "de"}).get_data(as_text=True)

    assert '<html lang="en"' in page
    assert "Skip to main content" in page
    assert 'action="/language"' not in page
