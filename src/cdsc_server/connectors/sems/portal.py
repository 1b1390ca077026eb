"""One station of the portal: signs in once, asks, and understands codes that come with the status 200."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from cdsc_server.connectors.checks import known_options, seconds
from cdsc_server.connectors.platform_http import PlatformHTTP, timed
from cdsc_server.connectors.sems.legacy import Legacy
from cdsc_server.connectors.sems.plus import Plus
from cdsc_server.connectors.sems.session import Dialect, Request, Session, Shown
from cdsc_server.connectors.signed_in import signed_in
from cdsc_server.domain.device_readings import Device, DeviceReading
from cdsc_server.ports import AuthExpired, Clock, Contact, PlatformAccess, PlatformFault, ProtocolError, RateLimited

Part = TypeVar("Part")

_FINE: Final = frozenset({"0", "00000"})
#: No access, session expired, wrong mail or password, abnormal sign-in (also that of another region).
_NOT_LET_IN: Final = frozenset({"100001", "100002", "100005", "C0602"})
_RATE_LIMITED: Final = "GY0429"
#: The portal publishes no quota; this is what its users wait.
_WAIT: Final = timedelta(minutes=5)


class Portal:
    """Satisfies `ports.DevicePlatform`."""

    def __init__(self, dialect: Dialect, access: PlatformAccess, clock: Clock, *, station: str, timeout: float) -> None:
        self._dialect = dialect
        self._access = access
        self._clock = clock
        self._station = station
        self._timeout = timeout
        self._front = PlatformHTTP(access.address, timeout=timeout)
        self._session: Session | None = None
        self._region: PlatformHTTP | None = None

    def ping(self) -> Contact:
        """Asks for the station, which also says when it was last heard of."""
        return timed(lambda: self._shown(lambda station: station.last_contact()))

    def devices(self) -> Sequence[Device]:
        """The station and what it is made of; raises as `read`."""
        return self._shown(lambda station: station.devices())

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:  # noqa: ARG002 - there is no history
        """
        How the station is now.

        Raises:
            PlatformFault: of its kind.
        """
        return self._shown(lambda station: list(station.readings()))

    def close(self) -> None:
        """Let the connections go."""
        for each in (self._front, self._region):
            if each is not None:
                each.close()

    def _shown(self, part: Callable[[Shown], Part]) -> Part:
        """Part of what the portal shows of the station."""
        answer = signed_in(self._ask, sign_in=self._sign_in)
        try:
            return part(self._dialect.shown(answer, self._station, self._access.timezone, self._clock.now()))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as fault:
            raise ProtocolError("the station is not shown in the form we know; the portal may have changed") from fault

    def _ask(self) -> Mapping[str, Any]:
        if self._session is None or self._region is None:
            raise AuthExpired("nobody has signed in yet; the next attempt does")
        return _judged(self._region, self._dialect.station(self._session, self._station, self._clock.now()))

    def _sign_in(self) -> None:
        self._session = None
        asked = self._dialect.sign_in(self._access.account, self._access.secret, self._clock.now())
        self._session = self._dialect.session(_judged(self._front, asked), self._access.address)
        if self._region is not None:
            self._region.close()
        self._region = PlatformHTTP(self._session.base, timeout=self._timeout)


def open_portal(access: PlatformAccess, clock: Clock) -> Portal:
    """
    One station of an account; asks it nothing.

    Raises:
        ValueError: the address or an option cannot be right, or nobody has agreed to what the maker's terms mean.
    """
    known_options(access.options, ("dialect", "station", "terms", "timeout"))
    dialect = access.options.get("dialect", "")
    if dialect == "official":
        raise ValueError(
            "GoodWe's official interface has no public reference, so there is no connector for it; ask GoodWe for "
            "access and its description, or use the inverter on its local network (goodwe)"
        )
    if dialect not in _DIALECTS:
        raise ValueError(f"dialect is {dialect!r}; there are {', '.join(_DIALECTS)}")
    if access.options.get("terms") != "checked":
        raise ValueError(
            "GoodWe has not published this interface and may forbid its use; ask it, then give the option "
            "terms = checked"
        )
    station = access.options.get("station", "")
    if not station or not access.account or not access.secret:
        raise ValueError("the portal needs an account, its password and the option station")
    return Portal(_DIALECTS[dialect], access, clock, station=station, timeout=seconds(access.options, "timeout", "30"))


_DIALECTS: Final[Mapping[str, Dialect]] = {"legacy": Legacy(), "plus": Plus()}


def _judged(http: PlatformHTTP, request: Request) -> Mapping[str, Any]:
    """The answer, unless its own code says that it is none."""
    answer = http.ask(request.method, request.path, headers=request.headers, json=request.body)
    if not isinstance(answer, dict) or "code" not in answer:
        raise ProtocolError("the answer has no code; see whether the address and the dialect are right")
    code = str(answer["code"])
    if code not in _FINE:
        raise _refusal(code)
    return answer


def _refusal(code: str) -> PlatformFault:
    if code in _NOT_LET_IN:
        return AuthExpired(
            f"the portal does not let us in ({code}); see whether account and password open its web page"
        )
    if code == _RATE_LIMITED:
        return RateLimited(f"the portal has had enough of us ({code}); we wait five minutes", retry_after=_WAIT)
    return ProtocolError(f"the portal refuses with the code {code[:10]}; see whether station and dialect are right")
