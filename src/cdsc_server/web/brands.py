"""The brand of whoever a page is for, and the style sheets that give pages its colours."""

from __future__ import annotations

import hashlib
from typing import Final, cast

from flask import Response, request, url_for

from cdsc_server.domain.brands import Brand, style_of
from cdsc_server.domain.catalogue import Utility
from cdsc_server.services.brands import brand_of_customer, find_brand
from cdsc_server.web.context import catalogue
from cdsc_server.web.sessions import current_session

#: Kept with the request itself: a context may outlive it.
_FOUND: Final = "cdsc.brand"


def page_brand() -> Brand | None:
    """The brand of this page: that of who is signed in, unless the view said whose page it is; None for no brand."""
    if _FOUND not in request.environ:
        session = current_session()
        customer_id = None if session is None else session.customer_id
        use_brand(None if customer_id is None else brand_of_customer(customer_id, catalogue().utility))
    return cast("Brand | None", request.environ[_FOUND])


def use_brand(brand: Brand | None) -> None:
    """Say whose page this is, whoever is signed in; None for the utility's own."""
    request.environ[_FOUND] = brand


def page_utility() -> Utility:
    """Who speaks on this page: the utility, in the words of its brand."""
    brand = page_brand()
    return catalogue().utility if brand is None else brand.utility


def style_url(brand: Brand) -> str | None:
    """The address of a brand's colours, which changes with them; None for those of the utility."""
    style = style_of(brand)
    version = hashlib.sha256(style.encode()).hexdigest()[:12]
    return url_for("pages.brand_style", label_partner=brand.id, v=version) if style else None


def style_sheet(label_partner: str) -> Response:
    """
    The colours of a brand.

    Raises:
        NotFound: there is no such brand.
    """
    response = Response(style_of(find_brand(label_partner, catalogue().utility)), mimetype="text/css")
    # Shorter than what never changes: the address of an old page may name newer colours.
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
