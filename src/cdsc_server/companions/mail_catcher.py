"""
`cdsc mail-catcher`: an SMTP server that delivers nothing, and a page that shows what it caught.

Three domains show what else can happen: addresses at refused.invalid are refused for good, those at later.invalid for
now, and mails to full.invalid are refused after they were sent.
"""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, abort, render_template
from markupsafe import Markup, escape

from cdsc_server.companions.kept_mails import KeptMail, KeptMails
from cdsc_server.companions.pages import HOST, companion, serve

_REFUSED: Final = "refused.invalid"
_LATER: Final = "later.invalid"
_FULL: Final = "full.invalid"
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+")

#: A mail's own styles, and nothing else of it: no script, no picture from anywhere, no form.
_MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none';"
    " form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


class _Handler:
    """What aiosmtpd calls for each command of a conversation."""

    def __init__(self, mails: KeptMails) -> None:
        self._mails = mails

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self,
        server: SMTP,  # noqa: ARG002 - as above, for what it hands in
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],  # noqa: ARG002
    ) -> str:
        if address.endswith(f"@{_REFUSED}"):
            return "550 5.1.1 nobody has this address"
        if address.endswith(f"@{_LATER}"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        if any(each.endswith(f"@{_FULL}") for each in envelope.rcpt_tos):
            return "554 5.7.1 this mail is not wanted"
        content = envelope.content
        assert isinstance(content, bytes)  # noqa: S101 - decode_data is off
        self._mails.add(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        return "250 OK"


def run(*, smtp_port: int, web_port: int, directory: Path | None) -> None:
    """Catch mails until SIGINT or SIGTERM."""
    # It would log who wrote to whom.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    mails = KeptMails(directory)
    controller = Controller(_Handler(mails), hostname=HOST, port=smtp_port, ready_timeout=20)
    controller.start()
    try:
        serve(catcher_pages(mails), web_port)
    finally:
        controller.stop()


def catcher_pages(mails: KeptMails) -> Flask:
    """The pages over these mails."""
    app = companion(__name__)

    @app.get("/")
    def overview() -> str:
        return render_template("mails.html", mails=mails.all())

    @app.get("/mails.json")
    def listing() -> Response:
        """For programs: every mail, the latest first."""
        return Response(json.dumps([_plain(each) for each in mails.all()]), mimetype="application/json")

    @app.get("/mails/<key>")
    def show(key: str) -> str:
        mail = _found(mails, key)
        return render_template("mail.html", mail=mail, text=_linked(mail.text))

    @app.get("/mails/<key>/html")
    def html(key: str) -> Response:
        """Shown inside a frame that may do nothing but open links in a new tab."""
        response = Response(_found(mails, key).html, mimetype="text/html")
        response.headers["Content-Security-Policy"] = _MAIL_POLICY
        return response

    return app


def _found(mails: KeptMails, key: str) -> KeptMail:
    mail = mails.find(key)
    if mail is None:
        abort(404)
    return mail


def _plain(mail: KeptMail) -> dict[str, object]:
    return {
        "key": mail.key,
        "arrived": mail.arrived.isoformat(),
        "sender": mail.sender,
        "recipients": mail.recipients,
        "subject": mail.subject,
        "headers": [[name, str(value)] for name, value in mail.message.items()],
        "text": mail.text,
        "html": mail.html,
    }


def _linked(text: str) -> Markup:
    """Plain text, escaped, with its addresses as links."""
    parts, at = [], 0
    for found in _ADDRESS.finditer(text):
        parts.append(escape(text[at : found.start()]))
        address = escape(found[0])
        parts.append(Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(address))
        at = found.end()
    parts.append(escape(text[at:]))
    return Markup("").join(parts)
