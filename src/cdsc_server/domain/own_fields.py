"""
Authorization details fields of the operator's own: a table `[detail_fields.<id>]` of the configuration each.

The Grant keeps their values as they were asked for, with absolute dates; they open nothing by themselves.
Other specifications and agreements between an operator and its Clients give them their meaning (CDS-WG1-02 10).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.domain import durations
from cdsc_server.domain.detail_fields import FIELDS, DetailField

INT: Final = "int"
DECIMAL: Final = "decimal"
DATE: Final = "relative_or_absolute_date"
JWK: Final = "jwk_or_null"
_TEXTS: Final = ("string", "string_or_null", "string_list", "string_list_or_null")
_FORMATS: Final = (INT, DECIMAL, *_TEXTS, "boolean", DATE, JWK)
_BOUNDED: Final = frozenset(_FORMATS) - {"boolean", JWK}

#: To try relative dates of the configuration on.
_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
#: Members of a JWK that only its owner may know (RFC 7518 6).
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
#: Members that a public key must have, by its type.
_PUBLIC: Final = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "OKP": ("crv", "x")}


def read_own_fields(tables: Mapping[str, Any], faults: list[str]) -> dict[str, DetailField]:
    """The fields that the configuration describes; what is wrong with them is added to `faults`."""
    fields: dict[str, DetailField] = {}
    for field_id, table in tables.items():
        found = list(_faults(field_id, table))
        faults += [f"detail_fields.{field_id}{fault}" for fault in found]
        if not found:
            fields[field_id] = _read(field_id, table)
    return fields


def _read(field_id: str, table: Mapping[str, Any]) -> DetailField:
    given = {name: _value(table["format"], table[name]) for name in ("default", "maximum", "minimum") if name in table}
    return DetailField(
        field_id,
        "other",
        table["format"],
        "3.8",
        table["name"],
        table["description"],
        sign=-1 if table.get("historical") else +1,
        required=table.get("required", False),
        **given,
    )


def _value(form: str, written: Any) -> Any:
    """A value of the configuration; a decimal stands there as a text, so that it keeps its digits."""
    return Decimal(written) if form == DECIMAL and written != durations.INFINITE else written


def _faults(field_id: str, table: Any) -> list[str]:
    if field_id in FIELDS or not isinstance(table, Mapping):
        return [" is a field of the standard" if field_id in FIELDS else " must be a table"]
    faults = [f".{name} is missing" for name in ("name", "description") if not isinstance(table.get(name), str)]
    form, required = table.get("format"), table.get("required", False)
    if form not in _FORMATS:
        return [*faults, f".format {form!r} is not one of {', '.join(_FORMATS)}"]
    if not isinstance(required, bool):
        return [*faults, ".required must be true or false"]
    if required == ("default" in table or str(form).endswith("_or_null")):
        # TOML has no null: what may be null is null by default.
        faults.append(".default belongs to what is not required, and to that only (CDS-WG1-02 3.8)")
    limits = [table[name] for name in ("minimum", "maximum") if name in table]
    if len(limits) != (2 if form in _BOUNDED else 0):
        return [*faults, f" of format {form} needs a maximum and a minimum" if form in _BOUNDED else " has no limits"]
    wrong = [f": {limit!r} is no limit of format {form}" for limit in limits if not _is_limit(form, limit)]
    if wrong or faults or "default" not in table or form.startswith("string_list"):
        return faults + wrong
    return [f".default {fault}" for fault in [_default_fault(_read(field_id, table))] if fault]


def _is_limit(form: str, limit: Any) -> bool:
    """Whether it may be maximum or minimum of the format (CDS-WG1-02 3.8)."""
    if limit == durations.INFINITE:
        return form not in _TEXTS
    if form in (DATE, DECIMAL):
        try:
            return isinstance(limit, str) and (
                Decimal(limit).is_finite()
                if form == DECIMAL
                else durations.resolve(limit, at=_ANY_TIME, zone=ZoneInfo("UTC"), sign=+1, dates=True) is not None
            )
        except (ValueError, ArithmeticError):
            return False
    return isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0


def _default_fault(field: DetailField) -> str | None:
    if field.format == "boolean":
        return None if isinstance(field.default, bool) else "must be true or false"
    zone = ZoneInfo("UTC")
    return fault_of(field, field.default, maximum=field.maximum, minimum=field.minimum, at=_ANY_TIME, zone=zone)


def fault_of(field: DetailField, value: Any, *, maximum: Any, minimum: Any, at: datetime, zone: ZoneInfo) -> str | None:
    """What is wrong with a value of format int, decimal, string, date or JWK; None when nothing is."""
    match field.format:
        case "int" | "decimal":
            return _number_fault(field.format, value, maximum=maximum, minimum=minimum)
        case "string" | "string_or_null":
            if not isinstance(value, str):
                return "must be a string"
            return None if minimum <= len(value) <= maximum else f"must have {minimum} to {maximum} characters"
        case "jwk_or_null":
            return _key_fault(value)
        case _:
            return _date_fault(field, value, maximum=maximum, minimum=minimum, at=at, zone=zone)


def _number_fault(form: str, value: Any, *, maximum: Any, minimum: Any) -> str | None:
    kinds = (int,) if form == INT else (int, Decimal)
    if isinstance(value, bool) or not isinstance(value, kinds) or (form == INT and value < 0):
        return "must be a whole number that is not negative" if form == INT else "must be a number"
    if maximum != durations.INFINITE and value > maximum:
        return f"is more than the maximum of {maximum}"
    if minimum != durations.INFINITE and value < minimum:
        return f"is less than the minimum of {minimum}"
    return None


def _date_fault(
    field: DetailField, value: Any, *, maximum: Any, minimum: Any, at: datetime, zone: ZoneInfo
) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    try:
        instant, furthest, nearest = (
            durations.resolve(text, at=at, zone=zone, sign=field.sign, dates=True) for text in (value, maximum, minimum)
        )
    except ValueError as fault:
        return str(fault)
    if furthest is not None and (instant is None or field.sign * (instant - furthest).total_seconds() > 0):
        return f"{value} reaches beyond the maximum of {maximum}"
    if instant is not None and nearest is not None and field.sign * (instant - nearest).total_seconds() < 0:
        return f"{value} is nearer than the minimum of {minimum}"
    return None


def _key_fault(value: Any) -> str | None:
    if not isinstance(value, Mapping) or value.get("kty") not in _PUBLIC:
        return "must be a public key as a JWK of type EC, RSA or OKP, or null"
    if value.get("use") != "enc":
        return "must be a key whose use is enc"
    if not _PRIVATE.isdisjoint(value):
        return "must not hold the private part of a key"
    missing = [name for name in _PUBLIC[value["kty"]] if not isinstance(value.get(name), str)]
    return f"lacks {missing[0]}, which a key of this type has" if missing else None
