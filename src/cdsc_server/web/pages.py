"""
What every page for people has in common: layout, words of the utility, style sheets, security headers.

A blueprint of pages is made by `page_blueprint`; its problems are shown as pages, its answers are kept by nobody.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, render_template, send_from_directory, url_for

from cdsc_server import languages
from cdsc_server.domain.wording import in_words
from cdsc_server.errors import NotFound
from cdsc_server.web import speech
from cdsc_server.web.bearer import public
from cdsc_server.web.brands import page_brand, page_utility, style_sheet, style_url
from cdsc_server.web.context import catalogue, settings
from cdsc_server.web.describe import undocumented
from cdsc_server.web.sessions import current_session
from cdsc_server.web.speech import translated

_STATIC: Final = Path(__file__).with_name("static")
_DAY: Final = 86_400

#: A form may lead to a Client, whose address Chromium checks at each redirect that follows the form; the Client's site
#: may send the person on to another of its hosts. So any https host is a target, and this machine for developers.
_FORM_TARGETS: Final = "'self' https: http://127.0.0.1:* http://localhost:*"

blueprint = translated(Blueprint("pages", __name__, template_folder="templates"))


def install(app: Flask) -> None:
    """Serve templates, style sheets and the front page."""
    app.register_blueprint(blueprint)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_words)
    app.jinja_env.filters.update(moment=languages.moment, day=languages.day, number=languages.number, in_words=in_words)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(**languages.callables())  # type: ignore[attr-defined]
    app.register_blueprint(speech.blueprint)


def page_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint whose views answer pages for one person's eyes."""
    made = Blueprint(name, import_name)
    made.problem_style = "page"  # type: ignore[attr-defined]
    made.after_request(guarded)
    return made


def guarded(response: Response) -> Response:
    """The headers of a page: no style but ours and no script, no frame around it, no copy, no trace of its address."""
    nonce = g.get(_NONCE)
    policy = {
        "default-src": "'none'",
        "style-src": "'self'" if nonce is None else f"'self' 'nonce-{nonce}'",
        "img-src": "'self'",
        "form-action": _FORM_TARGETS + "".join(f" {each}" for each in response.headers.getlist(_ALSO)),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    response.headers.remove(_ALSO)
    response.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cache-Control"] = "no-store"
    # same-origin and not no-referrer: with the latter Chromium sends forms with the origin "null".
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


_ALSO: Final = "X-CDSC-Form-Action"
_NONCE: Final = "cdsc_style_nonce"


def allow_form_target(response: Response, scheme: str) -> Response:
    """Let the forms of this page lead to addresses of a scheme of a Client's own, such as com.example.app."""
    if scheme not in ("http", "https"):
        response.headers.add(_ALSO, f"{scheme}:")
    return response


def style_nonce() -> str:
    """What lets the one `<style>` element hold that stands in this page and nowhere else."""
    nonce = secrets.token_urlsafe(16)
    setattr(g, _NONCE, nonce)
    return nonce


def render(template: str, **values: Any) -> Response:
    """A page from its template."""
    return Response(render_template(f"pages/{template}", **values), mimetype="text/html")


def _words() -> dict[str, Any]:
    """What every template may use. The session is looked up only where a template asks for it."""
    # Pages in one language only are for operators and developers, whom the utility meets under its own name.
    for_customers = speech.is_spoken()
    brand = page_brand() if for_customers else None
    return {
        "utility": page_utility() if for_customers else catalogue().utility,
        "brand": brand,
        "brand_style": None if brand is None else style_url(brand),
        "demo": settings().demo,
        "static_url": static_url,
        "style_nonce": style_nonce,
        **speech.choice(),
        "form_token": lambda: session.form_secret if (session := current_session()) else "",
    }


def static_url(name: str) -> str:
    """The address of a file of ours; it changes with the content, so that browsers may keep it for good."""
    return url_for("pages.static_file", name=name, v=_content_hash(name))


@cache
def _content_hash(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]


@blueprint.get("/static/<name>")
@public
@undocumented("a part of pages")
def static_file(name: str) -> Response:
    """A style sheet; looked up by name only, so no path leads out of the directory."""
    if not (_STATIC / name).is_file():
        raise NotFound("nothing is at this address")
    response = send_from_directory(_STATIC, name, max_age=365 * _DAY)
    response.cache_control.public, response.cache_control.immutable = True, True
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.get("/brands/<label_partner>.css")
@public
@undocumented("a part of pages")
def brand_style(label_partner: str) -> Response:
    """The colours of a brand."""
    return style_sheet(label_partner)


@blueprint.get("/")
@public
@undocumented("a page")
def front() -> Response:
    """Who runs this server, and where to go."""
    return guarded(render("front.html"))
