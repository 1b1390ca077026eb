"""The languages of Customers: every word is there in each of them, and numbers and dates are written their way."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cdsc_server import languages
from cdsc_server.languages import LANGUAGES, SOURCE, renew, speaking

OTHERS = [each for each in LANGUAGES if each != SOURCE]
ZONE = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 9, 3, 5, 5, tzinfo=UTC)
PLACES = re.compile(r"%\(\w+\)s")
TAGS = re.compile(r"<[^>]*>")


def forms(text):
    """The forms of a message: one, or one for each number."""
    return [text] if isinstance(text, str) else list(text)


@pytest.fixture(scope="module", params=OTHERS)
def catalogue(request):
    return renew.read(request.param)


@pytest.fixture(scope="module")
def messages():
    return {message.id for message in renew.extracted() if message.id}


def test_a_catalogue_holds_what_is_said_and_nothing_else(catalogue, messages):
    """`make messages` brings it up to date; then the new words want a translation."""
    assert {message.id for message in catalogue if message.id} == messages


def test_every_message_is_translated(catalogue):
    lacking = [each.id for each in catalogue if each.id and (each.fuzzy or not all(forms(each.string)))]

    assert lacking == []


def test_every_place_is_kept(catalogue):
    """A place left out would hide a name or a date; one too many would break the page."""
    wrong = [
        each.id
        for each in catalogue
        for form in forms(each.string)
        if each.id and set(PLACES.findall(form)) not in [set(PLACES.findall(one)) for one in forms(each.id)]
    ]

    assert wrong == []


def test_the_marks_of_pages_are_kept(catalogue):
    wrong = [
        each.id
        for each in catalogue
        for form in forms(each.string)
        if each.id and sorted(TAGS.findall(form)) != sorted(TAGS.findall(forms(each.id)[0]))
    ]

    assert wrong == []


def test_the_catalogues_are_as_make_messages_writes_them(monkeypatch, tmp_path):
    """So that the next one who runs it changes only what is new."""
    before = {language: renew.path_of(language).read_bytes() for language in OTHERS}
    for language, text in before.items():
        (tmp_path / f"{language}.po").write_bytes(text)
    monkeypatch.setattr(renew, "path_of", lambda language: tmp_path / f"{language}.po")

    renew.renew()

    assert {language: renew.path_of(language).read_bytes() for language in OTHERS} == before


@pytest.mark.parametrize(
    ("language", "moment", "amount", "share", "list_"),
    [
        ("en", "3 September 2026, 7:05", "1,234.5", "46.5%", "a, b and c"),
        ("de", "3. September 2026, 07:05", "1.234,5", "46,5\N{NO-BREAK SPACE}%", "a, b und c"),
        ("fr", "3 septembre 2026, 07:05", "1\N{NARROW NO-BREAK SPACE}234,5", "46,5\N{NO-BREAK SPACE}%", "a, b et c"),
        ("es", "3 de septiembre de 2026, 7:05", "1.234,5", "46,5\N{NO-BREAK SPACE}%", "a, b y c"),
    ],
)
def test_dates_numbers_and_lists_follow_the_language(language, moment, amount, share, list_):
    with speaking(language):
        assert languages.moment(AT, ZONE) == moment
        assert languages.number(Decimal("1234.5")) == amount
        assert languages.percent(Decimal("0.465")) == share
        assert languages.listed(["a", "b", "c"]) == list_


def test_a_number_keeps_every_digit_unless_told_otherwise():
    value = Decimal("0.12345678901234567890")

    assert languages.number(value) == "0.12345678901234567890"
    assert languages.number(1234567) == "1,234,567"
    assert languages.number(value, "#,##0.##") == "0.12"


@pytest.mark.parametrize(
    ("wanted", "best"),
    [(["de-AT", "fr"], "de"), (["xx", "FR-ca"], "fr"), (["pt"], None), ([], None), (["en-US", "de"], "en")],
)
def test_the_first_language_we_have_is_taken(wanted, best):
    assert languages.best(wanted) == best


def test_what_is_spoken_ends_where_it_began():
    with speaking("de"):
        with speaking("xx"):
            assert languages.language() == "en"
        assert languages.gettext("Who has my data") == "Wer hat meine Daten"
    assert languages.gettext("Who has my data") == "Who has my data"


@pytest.mark.parametrize(("count", "told"), [(0, "0 contrat"), (1, "1 contrat"), (2, "2 contrats")])
def test_plurals_are_those_of_the_language(count, told):
    with speaking("fr"):
        assert languages.ngettext("%(count)s service", "%(count)s services", count) == told
