"""The scope types this Server can serve, with what each brings along (CDS-WG1-02 3.3, CDS-WG3-01 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_BILLS = frozenset({"include_bill_statements", "include_bill_sections"})
_SEGMENTS = frozenset({"include_usage_segments"})
#: What only means something where a Customer is asked (CDS-WG3-01 7.1.13, 7.4).
_OF_FORMS = frozenset(
    {
        "addresses",
        "authorization_form_selection_type",
        "merge_selection_with",
        "allow_scope_modifications",
        "purpose",
    }
)


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
        required: fields that every scope of this type offers.
        direct: whether Clients that come for themselves read data of Customers by it, as far as an operator permits.
        lists: of direct access to objects that Customers have, the Selection Type of their kind.
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
    required: tuple[str, ...] = ()
    direct: bool = False
    lists: str | None = None

    @property
    def asked_for(self) -> bool:
        """Whether requests name it with the fields that its scope offers; other types have fixed fields, or none."""
        return self.consent or self.own or self.direct

    @property
    def together(self) -> str | None:
        """Scopes of which word fit into one Client Object; None where each has one of its own."""
        return "consent" if self.consent else "direct" if self.direct else None

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
        ScopeType(
            "cds_query_accounts",
            consent=False,
            direct=True,
            required=("sync_until",),
            forbidden=_OF_FORMS,
            name="Accounts Query",
            description="Accounts that the Client is permitted to see.",
            implied=frozenset({"include_accounts"}),
            lists="account_selection",
        ),
        ScopeType(
            "cds_query_service_contracts",
            consent=False,
            direct=True,
            required=("sync_until",),
            forbidden=_OF_FORMS,
            name="Service Contracts Query",
            description="Service contracts that the Client is permitted to see, with their accounts.",
            implied=frozenset({"include_accounts", "include_service_contracts"}),
            lists="service_contract_selection",
        ),
        ScopeType(
            "cds_query_service_points",
            consent=False,
            direct=True,
            required=("sync_until",),
            forbidden=_OF_FORMS,
            name="Service Points Query",
            description="Service points that the Client is permitted to see.",
            implied=frozenset({"include_service_points"}),
            lists="servicepoint_selection",
        ),
        ScopeType(
            "cds_query_meter_devices",
            consent=False,
            direct=True,
            required=("sync_until",),
            forbidden=_OF_FORMS,
            name="Meter Devices Query",
            description="Meter devices that the Client is permitted to see.",
            implied=frozenset({"include_meter_devices"}),
            lists="meter_device_selection",
        ),
        ScopeType(
            "cds_query_bill_statements",
            consent=False,
            direct=True,
            required=("sync_until", "statement_date_start", "statement_date_end"),
            forbidden=_OF_FORMS,
            name="Bill Statements Query",
            description="Bill statements that the Client is permitted to see.",
            implied=frozenset({"include_bill_statements"}),
        ),
        ScopeType(
            "cds_query_bill_sections",
            consent=False,
            direct=True,
            required=("sync_until", "start_date", "end_date"),
            forbidden=_OF_FORMS,
            name="Bill Sections Query",
            description="Bill sections that the Client is permitted to see.",
            implied=frozenset({"include_bill_sections"}),
        ),
        ScopeType(
            "cds_query_usage",
            consent=False,
            direct=True,
            required=("sync_until", "segment_start", "segment_end"),
            forbidden=_OF_FORMS,
            name="Usage Query",
            description="Usage segments that the Client is permitted to see.",
            implied=_SEGMENTS,
        ),
    )
}
