"""Addresses of metadata beside this Server's own: related documents, and those that have moved (CDS-WG1-01 3.3, 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class MetadataAddresses:
    """What the configuration's `[metadata]` table says."""

    related: tuple[str, ...] = ()
    #: New addresses by the old ones, which this Server still answers for.
    moved: Mapping[str, str] = field(default_factory=dict)

    def moved_to(self, host: str, path: str) -> str | None:
        """Where the metadata of this host and path is now; None when it never moved."""
        for old, new in self.moved.items():
            parts = urlsplit(old)
            if (parts.netloc, parts.path) == (host.lower(), path):
                return new
        return None


def read_metadata_addresses(table: Any, faults: list[str]) -> MetadataAddresses:
    """The `[metadata]` table of the configuration; adds what is wrong to `faults`."""
    if not isinstance(table, Mapping):
        faults.append("metadata must be a table")
        return MetadataAddresses()
    related, moved = table.get("related_metadata", []), table.get("moved", {})
    found = [f"metadata.{name} is not known" for name in table if name not in ("related_metadata", "moved")]
    if not isinstance(related, list) or not all(map(is_address, related)):
        found.append("metadata.related_metadata must be an array of addresses that start with https://")
    elif len(set(related)) < len(related):
        found.append("metadata.related_metadata names an address twice")
    if not isinstance(moved, Mapping):
        found.append("metadata.moved must be a table of new addresses by old ones")
    else:
        found += _faults_of_moves(moved)
    faults += found
    return MetadataAddresses() if found else MetadataAddresses(tuple(related), {_lower(k): v for k, v in moved.items()})


def is_address(value: Any) -> bool:
    """Whether this is an absolute address that others can follow; plain http only on this machine itself."""
    if not isinstance(value, str) or any(letter.isspace() for letter in value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))


def _faults_of_moves(moved: Mapping[str, Any]) -> list[str]:
    faults = []
    for old, new in moved.items():
        where = f"metadata.moved.{old!r}"
        if not is_address(old) or not is_address(new):
            faults.append(f"{where}: both addresses must start with https://")
        elif urlsplit(old).query or urlsplit(old).fragment or not urlsplit(old).path.strip("/"):
            faults.append(f"{where}: an old address names a document, without query or fragment")
        elif _lower(new) in map(_lower, moved):
            faults.append(f"{where}: {new} has moved itself; name the last address")
    return faults


def _lower(address: str) -> str:
    """The address with its host in small letters, as hosts compare."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.lower()).geturl()
