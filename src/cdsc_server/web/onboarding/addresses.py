"""How addresses are compared here (CDS-WG3-01 7.1.13.1): the documentation of the field `addresses` in metadata."""

from __future__ import annotations

from flask import Response

from cdsc_server.domain.address_rules import rules_of
from cdsc_server.domain.addresses import normalised, typical_form
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue
from cdsc_server.web.describe import undocumented
from cdsc_server.web.pages import page_blueprint, render

blueprint = page_blueprint("addresses", __name__)


@blueprint.get("/addresses")
@public
@undocumented("a page")
def page() -> Response:
    """The rules of the country we serve, with examples in the form that they are compared in."""
    rules = rules_of(catalogue().utility.country)
    examples = [
        (address, typical_form(address, rules) is not None, normalised(address, rules)) for address in rules.examples
    ]
    return render("addresses.html", rules=rules, examples=examples)
