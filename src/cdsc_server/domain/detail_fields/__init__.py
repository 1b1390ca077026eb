"""
The authorization details fields this Server can offer (CDS-WG3-01 7), and what each opens.

One table for metadata, request checks, the form and disclosure: a field is described here or nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cdsc_server.domain.detail_fields.durations import DURATIONS, SECTIONS, SEGMENTS, STATEMENTS, WINDOWS, Window
from cdsc_server.domain.detail_fields.field import DetailField, Kind, Limit
from cdsc_server.domain.detail_fields.included import INCLUDED
from cdsc_server.domain.detail_fields.other import OTHER
from cdsc_server.domain.detail_fields.preselection import PRESELECTION

__all__ = [
    "FIELDS",
    "SECTIONS",
    "SEGMENTS",
    "STATEMENTS",
    "WINDOWS",
    "DetailField",
    "Kind",
    "Limit",
    "Window",
    "optional_fields",
]

FIELDS: Final[Mapping[str, DetailField]] = {field.id: field for field in (*PRESELECTION, *INCLUDED, *DURATIONS, *OTHER)}


def optional_fields(thing: str) -> dict[str, str]:
    """The optional response fields of a kind of object with the include field that opens each; names as in `opens`."""
    return {
        path.partition(".")[2]: include.id
        for include in FIELDS.values()
        for path in include.opens
        if path.partition(".")[0] == thing
    }
