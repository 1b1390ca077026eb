"""
The scope catalogue: what this Server offers.

Read from one configuration; metadata, requests, the form and data access all use it.

A scope's *type* brings fixed facts (CDS-WG3-01 6); the configuration names the scope,
offers fields and sets their limits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from cdsc_server.domain.aggregation_privacy import SumRule
from cdsc_server.domain.coverage import CoverageEntry, read_coverage
from cdsc_server.domain.detail_fields import FIELDS, DetailField
from cdsc_server.domain.eac_formats import EacFormat, read_eac_formats
from cdsc_server.domain.metadata_addresses import MetadataAddresses, read_metadata_addresses
from cdsc_server.domain.offered_fields import (
    Configured,
    OfferedField,
    choice_faults,
    limit_faults,
    offered_field,
    read_configured_choices,
)
from cdsc_server.domain.operators import OPERATOR_SCOPE, PROVISIONING_SCOPE
from cdsc_server.domain.own_fields import read_own_fields
from cdsc_server.domain.purposes import Purpose, read_purposes, with_purposes
from cdsc_server.domain.registration_fields import FieldType, RegistrationField, read_registration_fields
from cdsc_server.domain.review_rules import ReviewRules, TestAccount, read_review_rules, read_test_accounts
from cdsc_server.domain.scenarios import read_scenarios
from cdsc_server.domain.scope_types import SCOPE_TYPES, ScopeType
from cdsc_server.domain.sum_rules import DEFAULT, read_sum_rule
from cdsc_server.errors import InvalidConfiguration

CLIENT_ADMIN: Final = "cds_client_admin"
GRANT_ADMIN: Final = "cds_grant_admin"
SERVER_FILES: Final = "cds_server_provided_files"


@dataclass(frozen=True)
class Scope:
    """One registrable scope."""

    id: str
    type: ScopeType
    name: str
    description: str
    fields: Mapping[str, OfferedField] = field(default_factory=dict)
    #: Selection kinds the form may draw; the first is the default (CDS-WG3-01 7.4.1).
    selections: tuple[str, ...] = ()
    grant_admin_scope: str | None = None
    #: Whether bills are opened from the Customer's last one on, whatever is asked for (CDS-WG3-01 4.7).
    from_last_bill: bool = False
    #: Plain address beside the standard's listing, such as /usage_data; None when there is none.
    convenience: str | None = None
    #: Ids of registration fields that production needs, and of those that may be sent (CDS-WG1-02 3.4).
    registration_requirements: tuple[str, ...] = ()
    registration_optional: tuple[str, ...] = ()
    #: Ids of the coverage entries in which the scope is available.
    coverages_supported: tuple[str, ...] = ()
    #: Whether people may agree to it without signing in, by numbers and a proven mail address (CDS-WG3-01 9.1.1).
    without_sign_in: bool = False


@dataclass(frozen=True)
class Utility:
    """Who runs this Server, as metadata and pages say it."""

    name: str
    description: str
    website: str
    support_phone: str
    support_url: str
    terms_url: str
    privacy_url: str
    receipt_prefix: str
    country: str
    currency: str
    timezone: ZoneInfo
    entity_number: str


@dataclass(frozen=True)
class Catalogue:
    """Everything the configuration says."""

    utility: Utility
    scopes: Mapping[str, Scope]
    #: Old or other scope names that mean one of ours.
    aliases: Mapping[str, str]
    coverage: tuple[CoverageEntry, ...] = ()
    registration_fields: Mapping[str, RegistrationField] = field(default_factory=dict)
    review: ReviewRules = field(default_factory=ReviewRules)
    test_accounts: tuple[TestAccount, ...] = ()
    metadata: MetadataAddresses = field(default_factory=MetadataAddresses)
    eac_formats: Mapping[str, EacFormat] = field(default_factory=dict)
    #: Ids of the scenarios that the operator claims; each is whole.
    scenarios: tuple[str, ...] = ()
    #: When the sums of groups may be told.
    sum_rule: SumRule = DEFAULT
    #: This Server's own, by id; each scope's choices of the field `purpose` are those that fit it.
    purposes: Mapping[str, Purpose] = field(default_factory=dict)

    def scope(self, name: str) -> Scope | None:
        """The scope of this id or alias; None when there is none."""
        return self.scopes.get(self.aliases.get(name, name))

    def scopes_of(self, names: Iterable[str]) -> list[Scope]:
        """The scopes of these ids and aliases, in their order; what there is none of is left out."""
        return [scope for scope in map(self.scope, names) if scope is not None]


def read_catalogue(config: Mapping[str, Any]) -> Catalogue:
    """
    The catalogue that a parsed configuration describes.

    Raises:
        InvalidConfiguration: with every fault found.
    """
    faults: list[str] = []
    utility = _read_utility(config.get("utility", {}), faults)
    choices = read_configured_choices(config, faults)
    known = {**FIELDS, **read_own_fields(config.get("detail_fields", {}), faults)}
    scopes: dict[str, Scope] = {}
    for scope_id, table in config.get("scopes", {}).items():
        scope = _read_scope(scope_id, table, choices, known, faults)
        if scope is not None:
            scopes[scope_id] = scope
    aliases: dict[str, str] = dict(config.get("aliases", {}))
    coverage = read_coverage(config.get("coverage", {}), faults)
    registration_fields = read_registration_fields(config.get("registration_fields", {}), faults)
    review = read_review_rules(config.get("review", {}), faults)
    test_accounts = read_test_accounts(config.get("test_accounts", []), faults)
    metadata = read_metadata_addresses(config.get("metadata", {}), faults)
    eac_formats = read_eac_formats(config.get("eac_formats", {}), faults)
    sum_rule = read_sum_rule(config.get("aggregations", {}), faults)
    faults += _cross_checks(scopes, aliases)
    # By the names configured: an entry with a fault of its own is there, and need not be told twice.
    faults += _coverage_checks(scopes, config.get("coverage", {}))
    faults += _field_checks(scopes, registration_fields)
    purposes = read_purposes(config.get("purposes", {}), scopes, faults)
    scenarios = read_scenarios(config.get("scenarios", []), scopes, registration_fields, faults)
    if faults or utility is None:
        raise InvalidConfiguration(faults)
    catalogue = Catalogue(
        utility,
        scopes,
        aliases,
        coverage,
        registration_fields,
        review,
        test_accounts,
        metadata,
        eac_formats,
        scenarios,
        sum_rule,
        purposes,
    )
    return with_purposes(catalogue, purposes)


def _read_utility(table: Mapping[str, Any], faults: list[str]) -> Utility | None:
    names = [name for name in Utility.__dataclass_fields__ if name != "timezone"]
    missing = [name for name in [*names, "timezone"] if not isinstance(table.get(name), str) or not table[name].strip()]
    faults += [f"utility.{name} is missing or not a text" for name in missing]
    if "timezone" not in missing and table["timezone"] not in available_timezones():
        faults.append(f"utility.timezone {table['timezone']!r} is not an IANA time zone")
    elif not missing:
        return Utility(**{name: table[name] for name in names}, timezone=ZoneInfo(table["timezone"]))
    return None


def _read_scope(
    scope_id: str,
    table: Mapping[str, Any],
    choices: Configured,
    known: Mapping[str, DetailField],
    faults: list[str],
) -> Scope | None:
    where = f"scopes.{scope_id}"
    scope_type = _read_type(table, where, faults)
    if scope_type is None:
        return None
    if " " in scope_id or not scope_id.isascii():
        faults.append(f"{where}: a scope id has no spaces and is ASCII (RFC 6749 3.3)")
    name, description = table.get("name") or scope_type.name, table.get("description") or scope_type.description
    if not name or not description:
        faults.append(f"{where}: name and description must not be empty")
    selections = tuple(table.get("selections", scope_type.selections))
    fields = {}
    for field_id in table.get("fields", ()):
        if field_id not in known:
            faults.append(f"{where}.fields: {field_id!r} is not a field this server knows")
        elif field_id not in FIELDS and field_id in {**table.get("limits", {}), **table.get("defaults", {})}:
            faults.append(f"{where}: limits and default of {field_id!r} belong into its own table")
        else:
            offered = offered_field(known[field_id], scope_type, table, selections, choices)
            fields[field_id] = offered
            faults += [f"{where}.{field_id}: {fault}" for fault in limit_faults(offered)]
            if field_id in scope_type.kept and offered.field.format.startswith("choice") and not offered.choices:
                faults.append(
                    f"{where}.{field_id} must not be null for type {scope_type.id}, and has nothing to choose"
                )
    faults += [f"{where}{fault}" for fault in choice_faults(table, choices)]
    faults += [f"{where}{fault}" for fault in scope_type.faults(table.get("fields", ()), selections)]
    return Scope(
        scope_id,
        scope_type,
        name,
        description,
        fields,
        selections,
        table.get("grant_admin_scope"),
        _from_last_bill(table, scope_type, where, faults),
        table.get("convenience"),
        _names(table, "registration_requirements", where, faults, of="registration fields"),
        _names(table, "registration_optional", where, faults, of="registration fields"),
        _names(table, "coverages_supported", where, faults, of="coverage entries"),
        _without_sign_in(table, scope_type, where, faults),
    )


def _from_last_bill(table: Mapping[str, Any], scope_type: ScopeType, where: str, faults: list[str]) -> bool:
    wanted = table.get("from_last_bill", False)
    if not isinstance(wanted, bool) or (wanted and scope_type.id != "cds_bill_statements"):
        faults.append(f"{where}.from_last_bill is true or false, and true for type cds_bill_statements only")
    return wanted is True


def _without_sign_in(table: Mapping[str, Any], scope_type: ScopeType, where: str, faults: list[str]) -> bool:
    wanted = table.get("without_sign_in", False)
    if not isinstance(wanted, bool) or (wanted and not scope_type.consent):
        faults.append(f"{where}.without_sign_in is true or false, and true only where Customers are asked")
    if wanted and table.get("from_last_bill"):
        # Whose last bill, is not known before the approval.
        faults.append(f"{where}.without_sign_in cannot stand beside from_last_bill")
    return wanted is True


def _read_type(table: Mapping[str, Any], where: str, faults: list[str]) -> ScopeType | None:
    """A type of the standard, or with `for_clients` one of the operator's own (CDS-WG1-02 3.3, 10)."""
    name, for_clients = table.get("type", ""), table.get("for_clients", False)
    if for_clients is False:
        if name not in SCOPE_TYPES:
            faults.append(f"{where}.type {table.get('type')!r} is not one of {', '.join(SCOPE_TYPES)}")
        return SCOPE_TYPES.get(name)
    if for_clients is not True or not isinstance(name, str) or not name or name.startswith("cds_"):
        faults.append(f"{where}.for_clients is true for a type of your own, whose name does not begin with cds_")
        return None
    return ScopeType(name, consent=False, own=True)


def _names(table: Mapping[str, Any], member: str, where: str, faults: list[str], *, of: str) -> tuple[str, ...]:
    names = table.get(member, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        faults.append(f"{where}.{member} must be an array of ids of {of}")
        return ()
    return tuple(dict.fromkeys(names))


def _cross_checks(scopes: Mapping[str, Scope], aliases: Mapping[str, str]) -> list[str]:
    faults = [f"aliases.{name}: {target!r} is not a scope" for name, target in aliases.items() if target not in scopes]
    faults += [f"aliases.{name} is a scope id itself" for name in aliases if name in scopes]
    for taken in (OPERATOR_SCOPE, PROVISIONING_SCOPE):
        if taken in {*scopes, *aliases}:
            faults.append(f"{taken} is for service accounts of the operator, and no scope of Clients")
    if CLIENT_ADMIN not in scopes or scopes[CLIENT_ADMIN].type.id != CLIENT_ADMIN:
        faults.append(f"scopes.{CLIENT_ADMIN} of type {CLIENT_ADMIN} must exist (CDS-WG1-02 3.3.1)")
    for scope in scopes.values():
        target = scope.grant_admin_scope
        if target is not None and (target not in scopes or scopes[target].type.id != GRANT_ADMIN):
            faults.append(
                f"scopes.{scope.id}.grant_admin_scope {target!r} is not a scope of type {GRANT_ADMIN} (CDS-WG1-02 3.4)"
            )
        if scope.type.id == SERVER_FILES:
            faults += [f"scopes.{scope.id}{fault} (CDS-WG1-02 3.3.3)" for fault in _files_faults(scope)]
        if scope.type.id in (CLIENT_ADMIN, GRANT_ADMIN) and scope.fields:
            faults.append(f"scopes.{scope.id}.fields must be empty for type {scope.type.id} (CDS-WG1-02 3.3.1, 3.3.2)")
        if scope.type.own:
            faults += [f"scopes.{scope.id}{fault}" for fault in _own_faults(scope)]
        if scope.type.direct:
            faults += [f"scopes.{scope.id}{fault}" for fault in _direct_faults(scope)]
    return faults


def _files_faults(scope: Scope) -> list[str]:
    """What would break the literals that the standard has for scopes of shared files."""
    faults = []
    if scope.grant_admin_scope is None:
        faults.append(".grant_admin_scope must name the scope that opens its Grants")
    if scope.name != scope.type.name and not scope.name.startswith(f"{scope.type.name}: "):
        faults.append(f".name must be {scope.type.name!r}, alone or followed by ': ' and a name")
    if scope.fields or scope.registration_requirements or scope.registration_optional:
        faults.append(" offers no fields, and asks for none at registration")
    return faults


def _own_faults(scope: Scope) -> list[str]:
    """What has no meaning where a Client comes for itself: there is no Customer, and no review."""
    faults = [f".fields: {name!r} is about data of Customers" for name in scope.fields if name in FIELDS]
    if scope.grant_admin_scope is not None:
        faults.append(".grant_admin_scope must be left out: its Clients get their tokens without")
    if scope.convenience is not None:
        faults.append(".convenience must be left out: no listing belongs to it")
    if scope.registration_requirements or scope.registration_optional:
        faults.append(" asks for nothing at registration: its Client Objects are in production at once")
    return faults


def _direct_faults(scope: Scope) -> list[str]:
    """What has no meaning without a form (CDS-WG3-01 6.2)."""
    faults = []
    if scope.grant_admin_scope is not None:
        faults.append(".grant_admin_scope must be left out: its Clients get their tokens without")
    if scope.convenience is not None:
        faults.append(".convenience must be left out: plain addresses are for scopes that Customers agree to")
    return faults


def _coverage_checks(scopes: Mapping[str, Scope], entry_ids: Collection[str]) -> list[str]:
    faults = []
    for scope in scopes.values():
        where = f"scopes.{scope.id}.coverages_supported"
        faults += [
            f"{where}: {name!r} is not a coverage entry" for name in scope.coverages_supported if name not in entry_ids
        ]
        if scope.coverages_supported and not scope.type.consent:
            faults.append(f"{where} must be empty for type {scope.type.id} (CDS-WG1-02 3.3)")
    return faults


def _field_checks(scopes: Mapping[str, Scope], fields: Mapping[str, RegistrationField]) -> list[str]:
    faults = []
    for scope in scopes.values():
        where = f"scopes.{scope.id}"
        names = (*scope.registration_requirements, *scope.registration_optional)
        faults += [f"{where}: {name!r} is not a registration field" for name in names if name not in fields]
        faults += [
            f"{where}: {name!r} is both required and optional"
            for name in scope.registration_requirements
            if name in scope.registration_optional
        ]
        for each in (fields[name] for name in scope.registration_optional if name in fields):
            if not each.submitted:
                faults.append(f"{where}.registration_optional: {each.id} is not sent with a registration")
            elif not each.has_default:
                faults.append(f"{where}.registration_optional: {each.id} needs a default (CDS-WG1-02 3.6)")
    for each in fields.values():
        kinds = {scope.type.direct for scope in scopes.values() if each.id in scope.registration_requirements}
        if each.type is FieldType.SSO_VERIFICATION and len(kinds) > 1:
            # Whoever signs in is told what that opens, which must be one thing.
            faults.append(
                f"registration_fields.{each.id}: scopes for direct access open what signs in, and others do not; "
                "give them a field each"
            )
    return faults
