"""Pages for Customers say nothing that cannot be translated."""

from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, nodes

import cdsc_server.web
from tests.support.words import WordsOfPage

TEMPLATES = Path(cdsc_server.web.__file__).with_name("templates")
#: Pages for developers, in English only.
IN_ENGLISH = {
    "pages/addresses.html",
    "pages/payment.html",
    "pages/register.html",
    "pages/purposes.html",
    "pages/registered.html",
    "pages/registration-field.html",
    "pages/requirement.html",
    "pages/test-accounts.html",
}
FOR_CUSTOMERS = sorted({"problem.html", *(f"pages/{path.name}" for path in TEMPLATES.glob("pages/*"))} - IN_ENGLISH)


@pytest.mark.parametrize("name", FOR_CUSTOMERS)
def test_every_word_of_a_page_goes_through_the_catalogues(name):
    """What stands in a template as it is, outside of messages, holds no word."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"], autoescape=True)
    parsed = environment.parse((TEMPLATES / name).read_text(encoding="utf-8"))
    page = WordsOfPage()
    page.feed("".join(each.data for each in parsed.find_all(nodes.TemplateData)))

    assert page.words == []
