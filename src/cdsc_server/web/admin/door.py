"""The door of the admin API: `@operator_token(*roles)` lets in a service account whose token is for operators' work."""

from __future__ import annotations

from collections.abc import Callable

from cdsc_server.domain.operators import OPERATOR_SCOPE, Role
from cdsc_server.web.service_door import View, account, service_token

__all__ = ["account", "operator_token"]


def operator_token(*roles: Role) -> Callable[[View], View]:
    """Let in a service account with one of these roles, or an admin; without roles every one; see `service_token`."""
    return service_token(OPERATOR_SCOPE, *roles)
