"""The scope types this Server can serve, with what each brings along (CDS-WG1-02 3.3, CDS-WG3-01 6)."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.scope_types.consent import CONSENT
from cdsc_server.domain.scope_types.direct import DIRECT
from cdsc_server.domain.scope_types.of_clients import OF_CLIENTS
from cdsc_server.domain.scope_types.scope_type import ScopeType

__all__ = ["SCOPE_TYPES", "ScopeType"]

SCOPE_TYPES: Final = {kind.id: kind for kind in (*OF_CLIENTS, *CONSENT, *DIRECT)}
