"""A request to an OAuth endpoint as Authlib reads it: parameters of the form body, each at most once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request


class FormPayload(OAuth2Payload):
    """Parameters of the body alone: Authlib's own reading would mix the query into them."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters

    @property
    def data(self) -> Mapping[str, str]:
        return self._parameters

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return defaultdict(list, {name: [value] for name, value in self._parameters.items()})


class FormRequest(OAuth2Request):
    """
    A POST to one of our endpoints.

    Args:
        parameters: of the form body; empty ones left out, repeated ones refused already.
    """

    def __init__(self, parameters: Mapping[str, str], headers: Mapping[str, str]) -> None:
        # Authlib asks the address whether it is https; the settings have refused all others but this very machine's.
        super().__init__("POST", "https://localhost/", headers=headers)
        self.payload = FormPayload(parameters)
        self._parameters = parameters

    @property
    def form(self) -> Mapping[str, str]:
        return self._parameters

    @property
    def args(self) -> Mapping[str, str]:
        return {}
