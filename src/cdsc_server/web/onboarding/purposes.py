"""What this Server's own Purposes say (CDS-WG3-01 7.4.4): metadata link here."""

from __future__ import annotations

from flask import Response

from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue
from cdsc_server.web.describe import undocumented
from cdsc_server.web.pages import page_blueprint, render

blueprint = page_blueprint("purposes", __name__)


@blueprint.get("/purposes")
@public
@undocumented("a page")
def page() -> Response:
    """Every text, with the scopes it may be used with."""
    return render("purposes.html", purposes=catalogue().purposes.values())
