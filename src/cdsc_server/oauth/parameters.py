"""Request parameters as OAuth counts them: an empty one is absent, a repeated one is refused (RFC 6749 3.1, 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cdsc_server.errors import InvalidRequest

#: CDS-WG1-02 8.3 judges this one by its values: empty ones are absent, so repeating those is no fault.
_COUNTED_BY_VALUE: Final = frozenset({"cds_grant_id"})


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Every value of every parameter, in order; an empty value is kept, because it counts as a repetition."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def single(values: Mapping[str, list[str]], name: str) -> str | None:
    """
    The value of a parameter; None when it is absent or empty.

    Raises:
        InvalidRequest: it is repeated.
    """
    found = values.get(name, [])
    if name in _COUNTED_BY_VALUE:
        found = [value for value in found if value]
    if len(found) > 1:
        raise InvalidRequest(f"{name}: it stands in the request more than once", field=name)
    return found[0] if found and found[0] else None


def singles(values: Mapping[str, list[str]]) -> dict[str, str]:
    """
    Every parameter that has a value.

    Raises:
        InvalidRequest: one is repeated.
    """
    read = ((name, single(values, name)) for name in values)
    return {name: value for name, value in read if value is not None}
