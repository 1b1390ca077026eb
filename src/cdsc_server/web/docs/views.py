"""The documents, the pages that show them, and the files of those pages."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from werkzeug.exceptions import NotFound

from cdsc_server.domain.aggregation_privacy import SumRule
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, settings
from cdsc_server.web.describe import Answer, describe, undocumented
from cdsc_server.web.docs.books import ADMIN, CLIENTS, PROVISIONING, Book
from cdsc_server.web.docs.document import as_json, openapi

blueprint = Blueprint("docs", __name__, template_folder="templates")

_KEPT: Final = "cdsc_openapi"
_STATIC: Final = Path(__file__).with_name("static")
#: The reader draws with its own script and style; some of its pictures are data addresses in the style.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@blueprint.get("/openapi.json")
@public
@describe(
    tag="Service",
    section="OpenAPI 3.1",
    answers={
        200: Answer(description="The OpenAPI document.", headers={"ETag": "Changes when the document does."}),
        304: Answer(description="Not changed since the ETag in If-None-Match.", media_type=None),
    },
)
def document() -> Response:
    """
    This document

    The description of every operation, with this server's own address.
    """
    return _document(CLIENTS)


@blueprint.get("/admin/openapi.json")
@public
@undocumented("the document of the admin API")
def admin_document() -> Response:
    """The description of every operation of the admin API, with this server's own address."""
    return _document(ADMIN)


@blueprint.get("/provisioning/openapi.json")
@public
@undocumented("the document of the provisioning API")
def provisioning_document() -> Response:
    """The description of every operation of the provisioning API, with this server's own address."""
    return _document(PROVISIONING)


def _document(book: Book) -> Response:
    # Made once: routes do not change when the application answers already.
    kept = current_app.extensions.setdefault(_KEPT, {})
    if book.name not in kept:
        kept[book.name] = as_json(openapi(current_app, book, server=settings().base_url))
    response = make_response(kept[book.name])
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/docs")
@public
@undocumented("a page for people")
def reader() -> Response:
    """The API reference, readable in a browser."""
    return _reader("API reference", url_for("docs.document"), sum_rule=catalogue().sum_rule)


@blueprint.get("/admin/docs")
@public
@undocumented("a page for people")
def admin_reader() -> Response:
    """The reference of the admin API, readable in a browser."""
    return _reader("Admin API reference", url_for("docs.admin_document"))


@blueprint.get("/provisioning/docs")
@public
@undocumented("a page for people")
def provisioning_reader() -> Response:
    """The reference of the provisioning API, readable in a browser."""
    return _reader("Provisioning API reference", url_for("docs.provisioning_document"))


def _reader(title: str, document: str, *, sum_rule: SumRule | None = None) -> Response:
    utility = catalogue().utility
    page = render_template(
        "reader.html", utility=utility, title=title, document=document, sum_rule=sum_rule, asset=_asset
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.get("/docs/static/<version>/<path:name>")
@public
@undocumented("files of a page")
def static(version: str, name: str) -> Response:
    """A file of the page; its address holds a hash of its content, so browsers may keep it."""
    if version != _versions().get(name):
        raise NotFound
    response = send_from_directory(_STATIC, name, conditional=True, max_age=31_536_000)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _asset(name: str) -> str:
    return url_for("docs.static", version=_versions()[name], name=name)


@cache
def _versions() -> dict[str, str]:
    """Short hashes of the files of the page, by name."""
    files = (path for path in _STATIC.rglob("*") if path.is_file())
    return {path.relative_to(_STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
