"""The mails a catcher has caught: in memory, and as files when a directory is given."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

#: More are not kept in memory; the oldest go first.
_MOST: Final = 500


@dataclass(frozen=True)
class KeptMail:
    """A caught mail with its envelope."""

    key: str
    arrived: datetime
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "(no subject)")

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class KeptMails:
    """Safe to use from several threads."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._mails: OrderedDict[str, KeptMail] = OrderedDict()
        self._lock = threading.Lock()
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            for path in sorted(directory.glob("*.eml"))[-_MOST:]:
                self._take(path.stem, datetime.fromtimestamp(path.stat().st_mtime, UTC), path.read_bytes())

    def add(self, sender: str, recipients: list[str], content: bytes) -> KeptMail:
        """Keep a mail as it came in."""
        now = datetime.now(UTC)
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n".encode()
        key = f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(3)}"
        if self._directory is not None:
            (self._directory / f"{key}.eml").write_bytes(envelope + content)
        return self._take(key, now, envelope + content)

    def all(self) -> list[KeptMail]:
        """Every mail, the latest first."""
        with self._lock:
            return list(reversed(self._mails.values()))

    def find(self, key: str) -> KeptMail | None:
        """The mail of this key."""
        with self._lock:
            return self._mails.get(key)

    def _take(self, key: str, arrived: datetime, content: bytes) -> KeptMail:
        message = message_from_bytes(content, policy=default)
        recipients = str(message["X-Envelope-To"] or "").split(", ")
        mail = KeptMail(key, arrived, str(message["X-Envelope-From"] or ""), tuple(recipients), message)
        with self._lock:
            self._mails[key] = mail
            while len(self._mails) > _MOST:
                self._mails.popitem(last=False)
        return mail
