"""What a request wants ticked, in words a Customer knows: for the page that says none of it is there (9.3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdsc_server.domain.choosing import ALL, FUTURE
from cdsc_server.domain.type_words import CONNECTIONS, METERS, SERVICES, in_words
from cdsc_server.languages import gettext, marked

#: Preselection field: what its values are called.
_CALLED: Final[Mapping[str, str]] = {
    "account_numbers": marked("Accounts"),
    "account_programs": marked("Accounts in these programmes"),
    "contract_numbers": marked("Services with these contract numbers"),
    "service_types": marked("Services of these kinds"),
    "service_programs": marked("Services in these programmes"),
    "servicepoint_numbers": marked("Connections"),
    "servicepoint_types": marked("Connections of these kinds"),
    "premise_numbers": marked("Buildings or units"),
    "meter_numbers": marked("Meters"),
    "meter_types": marked("Meters of these kinds"),
    "meter_apps": marked("Meters with these apps"),
    "aggregation_numbers": marked("Groups"),
    "addresses": marked("Addresses"),
}
_TYPES: Final = {"service_types": SERVICES, "servicepoint_types": CONNECTIONS, "meter_types": METERS}


@dataclass(frozen=True)
class Wanted:
    """One kind of things a request names, with its numbers or other values in words."""

    called: str
    values: tuple[str, ...]


def wanted_in_words(values: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """What the preselection fields of one entry name, in the order from the whole to the part."""
    return tuple(
        Wanted(gettext(called), _values(name, values[name]))
        for name, called in _CALLED.items()
        if values.get(name) is not None
    )


def _values(name: str, given: Sequence[str]) -> tuple[str, ...]:
    if name in _TYPES:
        return tuple(in_words(_TYPES[name], [each]) for each in given)
    return tuple(gettext("all of them") if each == ALL else each for each in given if each != FUTURE)
