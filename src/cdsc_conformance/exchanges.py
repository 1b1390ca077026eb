"""A request and its answer, as evidence: bodies are kept, secrets are masked before anybody reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

MASK: Final = "[masked]"

#: Longest body shown; what follows seldom tells more.
SHOWN: Final = 6_000

_SENSITIVE = "client_secret|access_token|refresh_token|code|code_verifier|password|registration_access_token|token"
_IN_JSON = re.compile(rf'("(?:{_SENSITIVE})"\s*:\s*)"[^"]*"')
_IN_FORM = re.compile(rf"((?:^|[?&])(?:{_SENSITIVE})=)[^&\s#]+")
_SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie"})


@dataclass(frozen=True)
class Exchange:
    """One request with its answer. Header names keep their spelling; look them up with `header`."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    #: Values that must not be shown wherever they stand; filled while the session learns them.
    secrets: set[str] = field(default_factory=set, repr=False, compare=False)
    #: How the page looked in a browser, as PNG; empty when nobody looked.
    picture: bytes = field(default=b"", repr=False, compare=False)

    def header(self, name: str) -> str:
        """The answer's header of this name, in any spelling; empty when there is none."""
        return next((value for each, value in self.headers.items() if each.lower() == name.lower()), "")

    @property
    def media_type(self) -> str:
        """The answer's media type without parameters, in lower case."""
        return self.header("Content-Type").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The answer's body as text."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The answer's body, numbers exact; None when it is not JSON."""
        try:
            return json.loads(self.body, parse_float=Decimal)
        except ValueError:
            return None

    def object(self) -> dict[str, Any]:
        """The answer's JSON object; empty when the body is anything else."""
        value = self.json()
        return value if isinstance(value, dict) else {}

    def shown(self) -> str:
        """Both sides as readable text without secrets."""
        asked = self._side(f"{self.method} {self.url}", self.request_headers, self.request_body)
        answered = self._side(f"{self.status}", self.headers, _readable(self.text))
        return f"{asked}\n\n{answered}"

    def _side(self, first: str, headers: Mapping[str, str], body: str) -> str:
        lines = [first]
        for name, value in headers.items():
            lines.append(f"{name}: {MASK if name.lower() in _SECRET_HEADERS else value}")
        cut = body if len(body) <= SHOWN else f"{body[:SHOWN]}\n... {len(body) - SHOWN} more characters"
        return masked("\n".join([*lines, "", cut] if cut else lines), self.secrets)


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the values of secret members and parameters, and without these values anywhere."""
    text = _IN_JSON.sub(rf'\1"{MASK}"', text)
    text = "\n".join(_IN_FORM.sub(rf"\1{MASK}", line) for line in text.splitlines())
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _readable(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
