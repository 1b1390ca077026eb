"""An authorization request that was checked: what the form needs, and where the browser goes afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cdsc_server.domain.details import RequestedEntry


@dataclass(frozen=True)
class AuthorizationRequest:
    """
    The parameters of an authorization request, defaults of the Client Object filled in.

    Args:
        redirect_uri: exactly as registered.
        redirect_uri_sent: whether the Client sent it; then the token request must repeat it (RFC 6749 4.1.3).
        code_challenge: of method S256, the only one there is.
        scope: the scope as asked for, or the Client Object's default.
        entries: what is asked for, in the order of the request; one Request Section each.
        prompt: "login" makes the person sign in again.
        ui_locales: preferred languages of the pages, space-separated.
        cds_grant_id: the Grant this request is to approve.

    Spec: RFC 6749 4.1.1; CDS-WG1-02 5.1, 8.3.
    """

    redirect_uri: str
    redirect_uri_sent: bool
    state: str | None
    code_challenge: str
    scope: str
    entries: tuple[RequestedEntry, ...]
    prompt: str | None = None
    ui_locales: str | None = None
    cds_grant_id: str | None = None

    def to_stored(self) -> dict[str, Any]:
        """Plain JSON for AuthorizationRequestRow.parameters."""
        return {
            "redirect_uri": self.redirect_uri,
            "redirect_uri_sent": self.redirect_uri_sent,
            "state": self.state,
            "code_challenge": self.code_challenge,
            "scope": self.scope,
            "entries": [
                {"scope_id": entry.scope_id, "values": dict(entry.values), "named": sorted(entry.named)}
                for entry in self.entries
            ],
            "prompt": self.prompt,
            "ui_locales": self.ui_locales,
            "cds_grant_id": self.cds_grant_id,
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> AuthorizationRequest:
        """Back from AuthorizationRequestRow.parameters."""
        entries = tuple(
            RequestedEntry(entry["scope_id"], entry["values"], frozenset(entry["named"])) for entry in stored["entries"]
        )
        return cls(**{**stored, "entries": entries})

    def success_location(self, code: str, iss: str) -> str:
        """Where an approval leads: code, state when one was sent, and iss (RFC 6749 4.1.2, RFC 9207)."""
        return answer_location(self.redirect_uri, {"code": code}, state=self.state, iss=iss)

    def error_location(self, error: str, description: str, iss: str) -> str:
        """Where a refusal leads (RFC 6749 4.1.2.1, RFC 9207)."""
        answer = {"error": error, "error_description": ascii_description(description)}
        return answer_location(self.redirect_uri, answer, state=self.state, iss=iss)


def answer_location(redirect_uri: str, answer: Mapping[str, str], *, state: str | None, iss: str) -> str:
    """The redirect_uri with the answer added to its query, whatever the query held before it (RFC 6749 3.1.2)."""
    parts = urlsplit(redirect_uri)
    query = parse_qsl(parts.query, keep_blank_values=True)
    query += answer.items()
    if state is not None:
        query.append(("state", state))
    query.append(("iss", iss))
    return urlunsplit(parts._replace(query=urlencode(query)))


def ascii_description(text: str) -> str:
    """An error_description of the characters RFC 6749 4.1.2.1 allows; others are replaced."""
    kept = (character if " " <= character <= "~" else "?" for character in text)
    return "".join(kept).replace('"', "'").replace("\\", "/")
