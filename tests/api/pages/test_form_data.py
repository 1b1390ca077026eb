"""What is shared, in words everybody knows: for every scope that ships (CDS-WG3-01 9.2.2.1)."""

import tomllib
from pathlib import Path

import pytest

import cdsc_server
from tests.support import requirement
from tests.support.dom import by_class, parsed, text_of

_SHIPPED = tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))
#: Scopes that Customers are asked for, but for those whose section of the form is of its own kind.
SCOPES = sorted(
    name
    for name, table in _SHIPPED["scopes"].items()
    if "allow_scope_modifications" in table.get("fields", ()) and table["type"] != "cds_aggregation_consent"
)
#: Words of the standard that no Customer knows.
JARGON = (
    "usage segment", "service contract", "service point", "meter device", "bill statement", "bill section",
    "authorization", "scope", "grant", "client", "value set", "include_", "interval", "entity",
)  # fmt: skip


@pytest.fixture
def what(opened, visitor):
    """The part "What" of a form for one scope with everything it offers included."""

    def opens(catalogue, scope):
        everything = {
            name: True for name, offered in catalogue.scopes[scope].fields.items() if offered.field.kind == "include"
            and offered.field.format == "boolean"
        }  # fmt: skip
        opened((scope, everything))
        return by_class(parsed(visitor.text), "part")[0]

    return opens


@pytest.mark.parametrize("scope", SCOPES)
class TestEveryScope:
    @requirement("WG3-01-9.2.2.1-01", "WG3-01-9.2.2.1-02", "WG3-01-9.2.2.1-06")
    def test_it_is_told_in_words_of_everybody(self, what, catalogue, scope):
        """One sentence, and a line for each thing that is included."""
        part = what(catalogue, scope)
        told = text_of(part).lower()
        included = [each for each in catalogue.scopes[scope].fields if each.startswith("include_")]

        assert len(text_of(part.find("div/div/p"))) > 20
        assert len(list(part.iter("li"))) >= min(len(included), 4)
        assert [each for each in JARGON if each in told] == []
        assert [each for each in included if each in told] == []

    @requirement("WG3-01-9.2.2.1-04", "WG3-01-9.2.2.1-05", "WG3-01-9.2.2.1-07")
    def test_a_summary_stands_first_and_unfolds_into_details_with_an_example(self, what, catalogue, scope):
        part = what(catalogue, scope)
        details = next(part.iter("details"))

        assert "open" not in details.attrib
        assert text_of(next(details.iter("summary"))).startswith("Show all details, with an example")
        (example,) = details.iter("figcaption")
        assert text_of(example).startswith(("An example, not yours: ", "From your own data: "))
        assert len(text_of(example)) > len("An example, not yours: ") + 10
