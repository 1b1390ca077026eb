"""What is known of one scope type (CDS-WG1-02 3.3, CDS-WG3-01 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cdsc_server.domain.detail_fields import FIELDS


@dataclass(frozen=True)
class ScopeType:
    """
    Facts of a scope type.

    Args:
        id: the `type` of its Scope Descriptions.
        consent: whether a Customer approves it on the form (authorization_code); otherwise client_credentials only.
        section: of CDS-WG3-01, where it is defined.
        implied: include fields that count as true without being sent (CDS-WG3-01 6.1).
        required: fields a scope of this type has to offer, whatever data there are.
        forbidden: fields a scope of this type may not offer.
        kept: preselection fields that say what is consented to: never null, and kept in the Grant.
        fixed: fields that have one value, which is their default; every other is refused.
        selections: selection kinds the form may draw for it.
        must_select: those of them that a scope has to offer.
        with_selection: what offering a selection kind makes required beside it.
        server_made: whether only the Server makes Grants of it, which nobody gets a code or a token of their own for.
        own: whether it is the operator's own, for Clients that come for themselves.
        direct: whether Clients that come for themselves read data of Customers by it, as far as an operator permits.
        lists: of direct access to objects that Customers have, the Selection Type of their kind.
    """

    id: str
    consent: bool
    name: str = ""
    description: str = ""
    section: str = ""
    implied: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    fixed: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    selections: tuple[str, ...] = ()
    must_select: frozenset[str] = frozenset()
    with_selection: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    server_made: bool = False
    own: bool = False
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

    def faults(self, fields: Collection[str], selections: Collection[str]) -> Iterable[str]:
        """
        What keeps a scope that offers these fields and selection kinds from being of this type.

        Spec: CDS-WG3-01 6.1, 6.2, 7.1.13, 7.4.
        """
        rule = f"type {self.id} (CDS-WG3-01 {self.section})" if self.section else f"type {self.id}"
        for name in sorted(self.forbidden.intersection(fields)):
            yield f".fields: {name!r} is forbidden for {rule}"
        if not self.consent:
            for known in (FIELDS[name] for name in fields if name in FIELDS and FIELDS[name].consent_only):
                yield f".fields: {known.id!r} is about a form (CDS-WG3-01 {known.section}), and {rule} has none"
        if lacking := sorted(self.required.difference(fields)):
            yield f".fields lacks {', '.join(lacking)}: required for {rule}"
        if unknown := sorted(set(selections) - set(self.selections)):
            yield f".selections {unknown} are not possible for {rule}"
        if self.selections and not selections:
            yield f".selections must not be empty for {rule}"
        for kind in sorted(self.must_select.difference(selections)):
            yield f".selections lacks {kind}: required for {rule}"
        for kind in (each for each in selections if each in self.with_selection):
            if lacking := sorted(self.with_selection[kind].difference(fields)):
                yield f".fields lacks {', '.join(lacking)}: required beside {kind} for {rule}"
