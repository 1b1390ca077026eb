"""Formats of the data of Energy Attribute Certificates: a table `[eac_formats.<id>]` of the configuration each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_TEXTS: Final = ("name", "description", "documentation")


@dataclass(frozen=True)
class EacFormat:
    """
    What Clients are told of a format (CDS-WG3-01 10.9.3).

    Args:
        documentation: address of what its developers need to know.
    """

    id: str
    name: str
    description: str
    documentation: str


def read_eac_formats(tables: Mapping[str, Any], faults: list[str]) -> dict[str, EacFormat]:
    """The formats that the configuration describes; what is wrong with them is added to `faults`."""
    formats = {}
    for format_id, table in tables.items():
        given = table if isinstance(table, Mapping) else {}
        missing = [name for name in _TEXTS if not isinstance(given.get(name), str) or not given[name].strip()]
        faults += [f"eac_formats.{format_id}.{name} is missing or not a text" for name in missing]
        if "documentation" not in missing and not given["documentation"].startswith(("https://", "http://")):
            faults.append(f"eac_formats.{format_id}.documentation must be an address")
        elif not missing:
            formats[format_id] = EacFormat(format_id, *(given[name] for name in _TEXTS))
    return formats
