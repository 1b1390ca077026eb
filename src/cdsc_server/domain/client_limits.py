"""Limits of one Client Object that are narrower than those of the catalogue (CDS-WG1-02 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.detail_fields import Limit
from cdsc_server.domain.durations import INFINITE, read_duration
from cdsc_server.domain.offered_fields import OfferedField
from cdsc_server.domain.own_fields import DATE, DECIMAL, INT
from cdsc_server.domain.purposes import Kept, purposes_of, with_purposes
from cdsc_server.errors import InvalidRequest

#: By scope id and field id: its "maximum", its "minimum", or both.
Limits = Mapping[str, Mapping[str, Mapping[str, str]]]


def limited(catalogue: Catalogue, limits: Limits) -> Catalogue:
    """
    The catalogue as a Client Object with these limits meets it.

    The narrower of both holds, so that what the catalogue is tightened to later holds for this Client Object too. A
    default that lies beyond moves to the limit. What the catalogue does not offer any more is passed over.
    """
    scopes = dict(catalogue.scopes)
    for scope_id, fields in limits.items():
        if scope_id not in scopes:
            continue
        offered = dict(scopes[scope_id].fields)
        offered |= {name: _narrowed(offered[name], limit) for name, limit in fields.items() if name in offered}
        scopes[scope_id] = replace(scopes[scope_id], fields=offered)
    return replace(catalogue, scopes=scopes) if limits else catalogue


class Offered(Protocol):
    """What of a Client Object makes its catalogue another than everybody's."""

    @property
    def scope(self) -> str: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def purposes(self) -> Mapping[str, Kept]: ...


def offered_to(catalogue: Catalogue, client: Offered) -> Catalogue:
    """The catalogue as one Client Object meets it: its own limits, and Purposes of its own beside this Server's."""
    own = limited(catalogue, client.limits)
    return with_purposes(own, purposes_of(own, client.scope, client.purposes)) if client.purposes else own


def checked_limit(
    catalogue: Catalogue, scope_id: str, field_id: str, *, maximum: str | None, minimum: str | None
) -> dict[str, str]:
    """
    A limit as it is stored.

    Raises:
        InvalidRequest: there is nothing to limit, or the limit is malformed, empty or wider than the catalogue's.
    """
    scope = catalogue.scopes.get(scope_id)
    offered = None if scope is None else scope.fields.get(field_id)
    if offered is None:
        raise InvalidRequest(f"{scope_id} offers no field {field_id}", field="field")
    if offered.maximum is None or offered.minimum is None or offered.field.format in (INT, DECIMAL, DATE):
        raise InvalidRequest(f"{field_id} has no limits to narrow: its format is {offered.field.format}", field="field")
    given = {name: value for name, value in (("maximum", maximum), ("minimum", minimum)) if value is not None}
    if not given:
        raise InvalidRequest("maximum: give it, or minimum, or both", field="maximum")
    for name, value in given.items():
        try:
            _size(offered, value)
        except ValueError as fault:
            raise InvalidRequest(f"{name}: {fault}", field=name) from fault
    if maximum is not None and _size(offered, maximum) > _size(offered, offered.maximum):
        raise InvalidRequest(f"maximum: {maximum} is above the {offered.maximum} of the catalogue", field="maximum")
    if minimum is not None and _size(offered, minimum) < _size(offered, offered.minimum):
        raise InvalidRequest(f"minimum: {minimum} is below the {offered.minimum} of the catalogue", field="minimum")
    if _size(offered, maximum or offered.maximum) < _size(offered, minimum or offered.minimum):
        raise InvalidRequest("minimum: it is above the maximum, which leaves nothing", field="minimum")
    return given


def _narrowed(offered: OfferedField, limit: Mapping[str, str]) -> OfferedField:
    if offered.maximum is None or offered.minimum is None:
        return offered
    maximum = min(_written(offered, limit.get("maximum", offered.maximum)), offered.maximum, key=_by_size(offered))
    minimum = max(_written(offered, limit.get("minimum", offered.minimum)), offered.minimum, key=_by_size(offered))
    # A catalogue tightened below the minimum leaves its own maximum alone.
    minimum = min(minimum, maximum, key=_by_size(offered))
    return replace(offered, maximum=maximum, minimum=minimum, default=_within(offered, maximum, minimum))


def _within(offered: OfferedField, maximum: Limit, minimum: Limit) -> Any:
    default = offered.default
    if isinstance(default, str) and (default == INFINITE or default.startswith("P")):
        return max(min(default, maximum, key=_by_size(offered)), minimum, key=_by_size(offered))
    return default


def _by_size(offered: OfferedField) -> Any:
    return lambda value: _size(offered, value)


def _size(offered: OfferedField, value: Limit) -> float:
    """What a limit is compared by: seconds of a duration, or a number of characters."""
    if not offered.field.format.startswith("relative_or_absolute"):
        if not str(value).isascii() or not str(value).isdigit():
            raise ValueError(f"{value!r} is not a number of characters")
        return int(value)
    return float("inf") if value == INFINITE else read_duration(str(value)).magnitude().total_seconds()


def _written(offered: OfferedField, value: Limit) -> Limit:
    """The limit as metadata writes it: a number where it counts characters."""
    return value if offered.field.format.startswith("relative_or_absolute") else int(value)
