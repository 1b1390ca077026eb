"""Fields as one scope offers them: the standard's facts with this Server's choices, limits and defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdsc_server.domain.detail_fields import DetailField, Limit
from cdsc_server.domain.durations import INFINITE, read_duration
from cdsc_server.domain.scope_types import ScopeType
from cdsc_server.domain.value_formats import VALUE_TYPES, format_faults

#: Fields whose choices are tables of the configuration, and the name of those; a scope may take some of them only.
_CONFIGURED: Final[Mapping[str, str]] = {
    "include_usage_segment_value_types": "value_types",
    "account_programs": "account_programs",
    "service_programs": "service_programs",
    "meter_apps": "meter_apps",
}


@dataclass(frozen=True)
class Choice:
    """
    An allowed value of a choice field (CDS-WG1-02 3.10).

    Args:
        value_format: of kinds of usage values, the members that all formats of the kind have (CDS-WG3-01 5.2).
        documentation: of Value Types that the standard does not have, where they are defined (CDS-WG3-01 10.8.6).
    """

    id: str
    name: str
    description: str
    value_format: Mapping[str, Any] | None = None
    #: More about it: an address, or a path below that of this Server; None where the scope's says enough.
    documentation: str | None = None


@dataclass(frozen=True)
class OfferedField:
    """A field as one scope offers it: the standard's facts with this Server's limits, choices and default."""

    field: DetailField
    default: Any
    maximum: Limit | None = None
    minimum: Limit | None = None
    choices: tuple[Choice, ...] = ()


#: By field id and id of the choice.
Configured = Mapping[str, Mapping[str, Choice]]


def read_configured_choices(config: Mapping[str, Any], faults: list[str]) -> Configured:
    """The choices that the configuration describes; what is wrong with them is added to `faults`."""
    return {field_id: _read_choices(member, config, faults) for field_id, member in _CONFIGURED.items()}


def _read_choices(member: str, config: Mapping[str, Any], faults: list[str]) -> dict[str, Choice]:
    choices: dict[str, Choice] = {}
    for choice_id, table in config.get(member, {}).items():
        missing = [name for name in ("name", "description") if not isinstance(table.get(name), str)]
        faults += [f"{member}.{choice_id}.{name} is missing" for name in missing]
        if member == "value_types":
            faults += [f"{member}.{choice_id}.{fault}" for fault in _value_type_faults(table)]
        choices[choice_id] = Choice(
            choice_id,
            table.get("name", ""),
            table.get("description", ""),
            table.get("format"),
            table.get("documentation"),
        )
    return choices


def _value_type_faults(table: Mapping[str, Any]) -> Iterator[str]:
    value_format, documentation = table.get("format", {}), table.get("documentation")
    kind = value_format.get("type")
    if not isinstance(kind, str):
        yield "format.type is missing"
    elif kind not in VALUE_TYPES and not str(documentation).startswith(("https://", "http://")):
        yield f"documentation must be the address that defines {kind}, which the standard does not (CDS-WG3-01 10.8.6)"
    yield from (f"format.{fault}" for fault in format_faults(value_format, pattern=True))


def offered_field(
    detail: DetailField,
    scope_type: ScopeType,
    table: Mapping[str, Any],
    selections: tuple[str, ...],
    configured: Configured,
) -> OfferedField:
    """
    A field as the scope of this table of the configuration offers it.

    Args:
        selections: the kinds of lists its form may draw; the first is the default.
    """
    limits = table.get("limits", {}).get(detail.id, {})
    choices = _choices(detail, table, selections, configured)
    default = table.get("defaults", {}).get(detail.id, detail.default)
    if default == "_every_choice" or (default is None and detail.id in scope_type.kept and choices):
        default = [choice.id for choice in choices]
    if detail.id == "authorization_form_selection_type":
        default = selections[0] if selections else None
    default = scope_type.fixed.get(detail.id, default)
    return OfferedField(
        detail, default, limits.get("maximum", detail.maximum), limits.get("minimum", detail.minimum), choices
    )


def _choices(
    detail: DetailField,
    table: Mapping[str, Any],
    selections: tuple[str, ...],
    configured: Configured,
) -> tuple[Choice, ...]:
    if detail.id == "authorization_form_selection_type":
        return tuple(
            Choice(kind, kind.replace("_", " ").capitalize(), f"The form offers a {kind.replace('_', ' ')}.")
            for kind in selections
        )
    if detail.id in _CONFIGURED:
        known = configured[detail.id]
        return tuple(known[key] for key in table.get(_CONFIGURED[detail.id], known) if key in known)
    return tuple(Choice(key, key.replace("_", " ").capitalize(), text) for key, text in detail.choices)


def choice_faults(table: Mapping[str, Any], configured: Configured) -> list[str]:
    """The choices that a scope takes, and that the configuration does not describe."""
    return [
        f".{member}: {key!r} is not one of {member}"
        for field_id, member in _CONFIGURED.items()
        for key in table.get(member, ())
        if key not in configured[field_id]
    ]


def limit_faults(offered: OfferedField) -> list[str]:
    """What is wrong with the limits and choices of a field."""
    faults = []
    if offered.field.kind == "duration":
        for name in ("maximum", "minimum"):
            value = getattr(offered, name)
            if value == INFINITE:
                continue
            try:
                read_duration(str(value), dates=offered.field.dates)
            except ValueError as fault:
                faults.append(f"{name}: {fault}")
    if offered.field.format in ("choice", "choice_list") and not offered.choices:
        faults.append("a choice field needs choices")
    return faults
