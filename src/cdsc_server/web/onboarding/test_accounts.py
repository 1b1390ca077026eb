"""The fictional Customers that Clients in the sandbox may meet (CDS-WG1-02 3.2, cds_test_accounts)."""

from __future__ import annotations

from flask import Response

from cdsc_server.services.test_accounts import published_accounts
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue
from cdsc_server.web.describe import undocumented
from cdsc_server.web.pages import page_blueprint, render

blueprint = page_blueprint("test_accounts", __name__)


@blueprint.get("/test-accounts")
@public
@undocumented("a page")
def page() -> Response:
    """Names and passwords, of accounts that exist here and are nobody's."""
    return render("test-accounts.html", accounts=published_accounts(catalogue().test_accounts))
