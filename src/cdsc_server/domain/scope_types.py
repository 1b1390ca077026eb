"""The scope types this Server can serve, with what each brings along (CDS-WG1-02 3.3, CDS-WG3-01 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_BILLS = frozenset({"include_bill_statements", "include_bill_sections"})
_SEGMENTS = frozenset({"include_usage_segments"})


@dataclass(frozen=True)
class ScopeType:
    """
    Facts of a scope type.

    Args:
        id: the `type` of its Scope Descriptions.
        consent: whether a Customer approves it on the form (authorization_code); otherwise client_credentials only.
        implied: include fields that count as true without being sent (CDS-WG3-01 6.1).
        forbidden: fields a scope of this type may not offer.
        selections: selection kinds the form may draw for it.
        server_made: whether only the Server makes Grants of it, which nobody gets a code or a token of their own for.
        own: whether it is the operator's own, for Clients that come for themselves.
    """

    id: str
    consent: bool
    name: str = ""
    description: str = ""
    implied: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    selections: tuple[str, ...] = ()
    server_made: bool = False
    own: bool = False

    @property
    def asked_for(self) -> bool:
        """Whether requests name it with the fields that its scope offers; other types have fixed fields, or none."""
        return self.consent or self.own

    @property
    def response_types(self) -> tuple[str, ...]:
        return ("code",) if self.consent else ()

    @property
    def grant_types(self) -> tuple[str, ...]:
        if self.server_made:
            return ()
        return ("authorization_code", "refresh_token") if self.consent else ("client_credentials",)

    @property
    def auth_methods(self) -> tuple[str, ...]:
        return () if self.server_made else ("client_secret_basic",)

    @property
    def code_challenge_methods(self) -> tuple[str, ...]:
        return ("S256",) if self.consent else ()


SCOPE_TYPES: Final = {
    kind.id: kind
    for kind in (
        ScopeType(
            "cds_client_admin",
            consent=False,
            name="Client Admin",
            description="This scope grants administrative access to the Client management APIs.",
        ),
        ScopeType(
            "cds_grant_admin",
            consent=False,
            name="Grant Admin",
            description="This scope grants administrative access to previously created Grants.",
        ),
        ScopeType(
            "cds_server_provided_files",
            consent=False,
            server_made=True,
            name="Server-Provided Files",
            # The standard's own sentence, to the letter (CDS-WG1-02 3.3.3).
            description="This scope grants access to specific files that the Server wants make available to the "
            "Client.",
        ),
        ScopeType(
            "cds_accounts",
            consent=True,
            implied=frozenset({"include_accounts"}),
            forbidden=_BILLS | _SEGMENTS,
            selections=("account_selection",),
        ),
        ScopeType(
            "cds_service_contracts",
            consent=True,
            implied=frozenset({"include_accounts", "include_service_contracts"}),
            forbidden=_BILLS | _SEGMENTS,
            selections=("service_contract_selection", "account_selection"),
        ),
        ScopeType(
            "cds_meters",
            consent=True,
            implied=frozenset({"include_meter_devices"}),
            forbidden=_BILLS | _SEGMENTS,
            selections=(
                "meter_device_selection",
                "service_contract_selection",
                "account_selection",
                "servicepoint_selection",
            ),
        ),
        ScopeType(
            "cds_rate_plan",
            consent=True,
            implied=frozenset({"include_service_contracts", "include_rate_plans"}),
            forbidden=_BILLS | _SEGMENTS,
            selections=("service_contract_selection",),
        ),
        ScopeType(
            "cds_bill_statements",
            consent=True,
            implied=frozenset({"include_bill_statements", "include_accounts", "include_account_numbers"}),
            forbidden=_SEGMENTS,
            selections=("account_selection",),
        ),
        ScopeType(
            "cds_service_bills",
            consent=True,
            implied=frozenset(
                {
                    "include_bill_sections",
                    "include_accounts",
                    "include_account_numbers",
                    "include_service_contracts",
                    "include_contract_numbers",
                }
            ),
            forbidden=_SEGMENTS,
            selections=("service_contract_selection", "account_selection"),
        ),
        ScopeType(
            "cds_usage",
            consent=True,
            implied=_SEGMENTS,
            selections=(
                "account_selection",
                "service_contract_selection",
                "servicepoint_selection",
                "meter_device_selection",
            ),
        ),
    )
}
