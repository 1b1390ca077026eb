"""The description of a hub: how to sign in, what to ask, and where in an answer each part of a reading stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, cast, get_args

from cdsc_server.connectors.hub.paths import is_path
from cdsc_server.domain.device_readings import UNITS, DeviceKind, Direction, Quantity
from cdsc_server.domain.readings import Quality
from cdsc_server.errors import InvalidConfiguration

AuthKind = Literal["none", "bearer", "client_credentials"]
TimeForm = Literal["rfc3339", "unix", "unix_ms"]
#: What a code of an answer that came with the status 200 may mean.
CodeMeaning = Literal["auth_expired", "rate_limited", "not_found", "busy", "offline"]
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_KNOWN_PLACEHOLDERS: Final = frozenset({"device", "since", "until"})


@dataclass(frozen=True)
class Auth:
    """
    How a hub knows us.

    Args:
        kind: `bearer` sends the secret of the account, `client_credentials` gets tokens with account and secret.
        token_path: of the token endpoint; "" unless for `client_credentials`.
        scope: asked for with a token; "" for none.
    """

    kind: AuthKind
    token_path: str = ""
    scope: str = ""


@dataclass(frozen=True)
class Listing:
    """
    A list to ask for.

    Args:
        path: below the address of the hub; may hold `{device}`.
        query: values may hold `{device}`, `{since}` and `{until}`.
        items: path in the answer to the list.
    """

    path: str
    query: Mapping[str, str]
    items: str

    @property
    def is_of_one_device(self) -> bool:
        """Whether each device has to be asked for by itself."""
        return any("{device}" in each for each in (self.path, *self.query.values()))


@dataclass(frozen=True)
class Paging:
    """
    How a list goes on.

    Args:
        next: path in the answer to the address of the next page, or to what `parameter` takes; null ends the list.
        parameter: of the query; "" when `next` leads to an address.
    """

    next: str
    parameter: str


@dataclass(frozen=True)
class Devices:
    """Where the devices are listed, and where in each its id and model stand; model "" is unknown."""

    listing: Listing
    id: str
    model: str


@dataclass(frozen=True)
class Fields:
    """
    Where the parts of a reading stand; a path, or a word for all where the name says "fixed".

    Args:
        device: "" where each device is asked for by itself.
        time_is_start: whether the time is that at which the period begins, rather than ends.
        unit, fixed_unit, direction, fixed_direction: one of each pair; no direction for what has none.
        quality: "" where the hub says nothing.
    """

    device: str
    time: str
    time_is_start: bool
    value: str
    unit: str
    fixed_unit: str
    direction: str
    fixed_direction: Direction | None
    quality: str


@dataclass(frozen=True)
class HubMapping:
    """
    All that is known of a hub.

    Args:
        times: how `{since}` and `{until}` are written.
        period_seconds: how long each value covers; 0 for the state of a counter.
        unknown: numbers that stand for no value.
        units, directions, qualities: the hub's words for ours; ours themselves are always understood.
        code: path to a code in each answer; "" where the status of HTTP says all.
        fine_codes: those of success.
        codes: what others mean; all else is a ProtocolError.
    """

    title: str
    quantity: Quantity
    kind: DeviceKind
    every_minutes: int
    calls_per_minute: int
    history_days: int
    auth: Auth
    readings: Listing
    times: TimeForm
    period_seconds: int
    fields: Fields
    devices: Devices | None
    paging: Paging | None
    unknown: frozenset[Decimal]
    units: Mapping[str, str]
    directions: Mapping[str, Direction]
    qualities: Mapping[str, Quality]
    code: str
    fine_codes: frozenset[str]
    codes: Mapping[str, CodeMeaning]


def read_mapping(config: Mapping[str, Any]) -> HubMapping:
    """
    The description that a file holds.

    Raises:
        InvalidConfiguration: holds every fault: what is missing, of the wrong form, unknown or contradicts itself.
    """
    faults: list[str] = []
    top = _Table(config, "", faults)
    auth, listing, names = top.table("auth"), top.table("readings"), top.table("fields")
    codes, paging, devices = top.table("codes"), top.table("paging"), top.table("devices")
    quantity = Quantity(top.choice("quantity", tuple(Quantity), Quantity.ENERGY))
    mapping = HubMapping(
        title=top.text("title"),
        quantity=quantity,
        kind=DeviceKind(top.choice("kind", tuple(DeviceKind), DeviceKind.METER)),
        every_minutes=top.whole("every_minutes", 15, least=1),
        calls_per_minute=top.whole("calls_per_minute", 30, least=1),
        history_days=top.whole("history_days", 31, least=1),
        auth=Auth(
            cast("AuthKind", auth.choice("kind", get_args(AuthKind), "none")),
            auth.text("token_path", ""),
            auth.text("scope", ""),
        ),
        readings=_listing(listing),
        times=cast("TimeForm", listing.choice("times", get_args(TimeForm), "rfc3339")),
        period_seconds=listing.whole("period_seconds", 0, least=0),
        fields=Fields(
            device=names.path("device", ""),
            time=names.path("time"),
            time_is_start=names.choice("time_is", ("start", "end"), "end") == "start",
            value=names.path("value"),
            unit=names.path("unit", ""),
            fixed_unit=names.choice("fixed_unit", ("", *sorted(UNITS[quantity])), ""),
            direction=names.path("direction", ""),
            fixed_direction=Direction(word)
            if (word := names.choice("fixed_direction", ("", *Direction), ""))
            else None,
            quality=names.path("quality", ""),
        ),
        devices=Devices(_listing(devices), devices.path("id"), devices.path("model", "")) if devices.given else None,
        paging=Paging(paging.path("next"), paging.text("parameter", "")) if paging.given else None,
        unknown=frozenset(top.numbers("unknown")),
        units=top.words("units", tuple(sorted(UNITS[quantity]))),
        directions={word: Direction(ours) for word, ours in top.words("directions", tuple(Direction)).items()},
        qualities={word: Quality(ours) for word, ours in top.words("qualities", tuple(Quality)).items()},
        code=codes.path("at", ""),
        fine_codes=frozenset(codes.texts("fine")),
        codes={
            code: cast("CodeMeaning", meaning) for meaning in get_args(CodeMeaning) for code in codes.texts(meaning)
        },
    )
    for table in (top, auth, listing, names, codes, paging, devices):
        table.end()
    faults += _contradictions(mapping)
    if faults:
        raise InvalidConfiguration(faults)
    return mapping


def _listing(table: _Table) -> Listing:
    query = table.texts_by_name("query")
    path = table.text("path")
    if not path.startswith("/"):
        table.fault("path", "begins with a slash")
    for text in (path, *query.values()):
        if unknown := set(_PLACEHOLDER.findall(text)) - _KNOWN_PLACEHOLDERS:
            table.fault("path", f"has {sorted(unknown)} in braces; there are {sorted(_KNOWN_PLACEHOLDERS)}")
    return Listing(path, query, table.path("items"))


def _contradictions(mapping: HubMapping) -> list[str]:
    fields, faults = mapping.fields, []
    has_direction = mapping.quantity in (Quantity.ENERGY, Quantity.POWER)
    if bool(fields.unit) == bool(fields.fixed_unit):
        faults.append("fields: give either unit or fixed_unit")
    if bool(fields.direction) + (fields.fixed_direction is not None) != has_direction:
        rule = "give either direction or fixed_direction" if has_direction else "there is no direction"
        faults.append(f"fields: {rule} for {mapping.quantity}")
    if bool(fields.device) == mapping.readings.is_of_one_device:
        faults.append("fields.device: give it unless readings are asked for by {device}, and only then not")
    if fields.time_is_start and not mapping.period_seconds:
        faults.append("fields.time_is: a counter has no start; give readings.period_seconds, or end")
    if (mapping.auth.kind == "client_credentials") != mapping.auth.token_path.startswith("/"):
        faults.append("auth.token_path: begins with a slash, for client_credentials only")
    if bool(mapping.code) != bool(mapping.fine_codes):
        faults.append("codes: give both at and fine, or neither")
    if mapping.devices and mapping.devices.listing.is_of_one_device:
        faults.append("devices: the list of devices cannot ask for a {device}")
    return faults


_MISSING: Final = "\0"


class _Table:
    """One table of the file; notes what is wrong with it and goes on, so that all is told at once."""

    def __init__(self, content: Any, name: str, faults: list[str]) -> None:
        self.given = isinstance(content, Mapping)
        self._content: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
        self._name = name
        self._faults = faults
        self._read: set[str] = set()

    def fault(self, member: str, words: str) -> None:
        self._faults.append(f"{self._name}{member}: {words}")

    def table(self, member: str) -> _Table:
        content = self._get(member, dict, {}, "is a table")
        return _Table(content if member in self._content else None, f"{self._name}{member}.", self._faults)

    def text(self, member: str, default: str = _MISSING) -> str:
        if default == _MISSING and member not in self._content:
            self.fault(member, "is missing")
        return str(self._get(member, str, "" if default == _MISSING else default, "is text"))

    def path(self, member: str, default: str = _MISSING) -> str:
        text = self.text(member, default)
        if not is_path(text):
            self.fault(member, f"{text!r} is no path such as data.readings")
        return text

    def choice(self, member: str, choices: tuple[str, ...], default: str) -> str:
        text = self.text(member, default)
        if text not in choices:
            self.fault(member, f"{text!r} is none of {', '.join(each for each in choices if each)}")
            return default
        return text

    def whole(self, member: str, default: int, *, least: int) -> int:
        value = self._get(member, int, default, "is a whole number")
        if isinstance(value, bool) or value < least:
            self.fault(member, f"is at least {least}")
            return default
        return int(value)

    def texts(self, member: str) -> list[str]:
        return [str(each) for each in self._get(member, list, [], "is a list")]

    def numbers(self, member: str) -> list[Decimal]:
        given = self._get(member, list, [], "is a list")
        numbers = [each for each in given if isinstance(each, (int, float)) and not isinstance(each, bool)]
        if len(numbers) != len(given):
            self.fault(member, "is a list of numbers")
        return [Decimal(str(each)) for each in numbers]

    def texts_by_name(self, member: str) -> dict[str, str]:
        return {name: str(value) for name, value in self._get(member, dict, {}, "is a table").items()}

    def words(self, member: str, ours: tuple[str, ...]) -> dict[str, str]:
        """The hub's words for ours, and ours."""
        given = self.texts_by_name(member)
        for word, meaning in list(given.items()):
            if meaning not in ours:
                self.fault(f"{member}.{word}", f"{meaning!r} is none of {', '.join(ours)}")
                del given[word]
        return {**{word: word for word in ours}, **given}

    def end(self) -> None:
        """Nothing may be left that nobody read."""
        for member in sorted(set(self._content) - self._read):
            self.fault(member, "is unknown")

    def _get(self, member: str, kind: type, default: Any, words: str) -> Any:
        self._read.add(member)
        value = self._content.get(member, default)
        if not isinstance(value, kind):
            self.fault(member, words)
            return default
        return value
