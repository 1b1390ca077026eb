"""Public numbers of programs and applications that have none of their own (CDS-WG3-01 10.1.8, 10.2.5, 10.4.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

Object = Mapping[str, Any]


def numbered_programs(programs: Iterable[Object]) -> list[dict[str, Any]]:
    """Programs as they were handed in, each with a `program_number` and without its `program_key`."""
    return [_numbered(program, "program") for program in programs]


def numbered_apps(apps: Iterable[Object]) -> list[dict[str, Any]]:
    """Applications as they were handed in, each with an `app_number` and without its `app_key`."""
    return [_numbered(app, "app") for app in apps]


def _numbered(part: Object, kind: str) -> dict[str, Any]:
    """
    The part with its public number, or with one that is made of its key, or of its id where it has no key either.

    It is the same wherever and whenever the key is, whatever the part is called meanwhile.
    """
    number, key = f"{kind}_number", f"{kind}_key"
    told = {name: value for name, value in part.items() if name != key}
    if number not in told:
        made = hashlib.sha256(f"{kind}:{part.get(key, part['id'])}".encode()).hexdigest()[:12]
        told[number] = f"{kind[0].upper()}-{made.upper()}"
    return told
