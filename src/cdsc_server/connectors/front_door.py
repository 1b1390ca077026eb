"""A look at this server from outside, the way whoever uses it comes: over its public address."""

from __future__ import annotations

from typing import Final

import requests

_SECONDS: Final = 10


class HTTPFrontDoor:
    """Satisfies `ports.FrontDoor`."""

    def __init__(self, base_url: str) -> None:
        self._address = f"{base_url}/healthz"

    def answers(self) -> bool:
        """Whether /healthz answers 200 in time; a redirect to somewhere else is no answer."""
        try:
            with requests.get(self._address, timeout=_SECONDS, allow_redirects=False, stream=True) as answer:
                return answer.status_code == 200
        except requests.RequestException:
            return False
