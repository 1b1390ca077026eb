"""
Which language a page is in: what this browser last asked for, else what it says it prefers, else English.

An authorization request asks by `ui_locales`, a person by the buttons at the foot of the page; the later one holds.
Pages for developers and operators are in English only.
"""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Blueprint, g, redirect, request
from flask.typing import ResponseReturnValue

from cdsc_server import languages
from cdsc_server.services import sessions
from cdsc_server.web.bearer import public
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_origin
from cdsc_server.web.sessions import current_session, ensure_session

blueprint = Blueprint("speech", __name__)
blueprint.problem_style = "page"  # type: ignore[attr-defined]

#: A path on this server and nothing else: "//host" and "/\host" would lead away.
_HERE: Final = re.compile(r"/(?![/\\])[!-~]*")
_BEFORE: Final = "language_before"


def translated(pages: Blueprint) -> Blueprint:
    """Answer the pages of a blueprint in the language of whoever asks."""
    pages.before_request(speak)
    return translatable(pages)


def translatable(pages: Blueprint) -> Blueprint:
    """Let a view of a blueprint `speak`, where the others answer in English."""
    pages.teardown_request(_hush)
    return pages


def speak() -> None:
    """Answer this request in the language of whoever asks."""
    setattr(g, _BEFORE, languages.speak(_wanted()))


def _hush(_fault: BaseException | None) -> None:
    before = g.pop(_BEFORE, None)
    if before is not None:
        languages.hush(before)


def _wanted() -> str:
    session = current_session()
    if session is not None and session.language is not None:
        return session.language
    asked = request.values.get("ui_locales", "").split()
    preferred = [tag for tag, quality in request.accept_languages if quality > 0]
    return languages.best([*asked, *preferred]) or languages.SOURCE


def is_spoken() -> bool:
    """Whether this page is in the language of whoever asks; others are in English."""
    return _BEFORE in g


def choice() -> dict[str, Any]:
    """What templates need to offer the other languages: nothing on pages that are in English only."""
    return {
        "language": languages.language(),
        "languages": languages.LANGUAGES if is_spoken() else {},
        "this_page": _this_page,
    }


def _this_page() -> str:
    """The address that shows this page again."""
    if request.method == "POST":
        following = local_path(request.form.get("next", ""), "")
        return f"{request.path}?next={following}" if following else request.path
    return request.full_path.rstrip("?")


def choose(language: str) -> None:
    """Speak this language to this browser from the next page on; nothing when we do not have it."""
    if language in languages.LANGUAGES:
        sessions.choose_language(ensure_session(), language)


def local_path(wanted: str, otherwise: str) -> str:
    """An address that somebody named, when it is one of this server; else the other one."""
    return wanted if _HERE.fullmatch(wanted) else otherwise


@blueprint.post("/language")
@public
@undocumented("a page")
def switch() -> ResponseReturnValue:
    """Go on in another language, on the same page."""
    check_origin()
    choose(request.form.get("language", ""))
    return redirect(local_path(request.form.get("next", ""), "/"), 303)


translated(blueprint)
