"""Whether a site with devices is as it should be, why not, and what an operator can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Times the usual pace that a site may be silent before it counts as stalled, and what that is at least.
_PATIENCE: Final = 6
_SHORTEST: Final = timedelta(minutes=30)


class FeedState(StrEnum):
    """How a site is, in one word."""

    LIVE = "live"
    #: Added a moment ago, and not asked yet.
    NEW = "new"
    #: The history since it was added, or since an outage, is still coming.
    CATCHING_UP = "catching_up"
    #: The last question failed; nothing is late yet.
    FAILING = "failing"
    #: Nothing new for too long.
    STALLED = "stalled"
    #: Not asked any more until an operator says so.
    ASIDE = "aside"


#: States that operators are told of.
IN_TROUBLE: Final = frozenset({FeedState.STALLED, FeedState.ASIDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """
    What is known of a site.

    Args:
        every: the pace at which it is asked.
        aside: it is not asked any more.
        created, answered, measured: when it was added, last answered, and its newest reading was measured.
        read_through: up to when it was asked for readings; None where none are kept.
        fault: kind of the last question's fault; None when it went well.
        reason: what was said then.
    """

    every: timedelta
    aside: bool
    created: datetime
    answered: datetime | None
    measured: datetime | None
    read_through: datetime | None
    fault: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Feed:
    """
    A judgement.

    Args:
        why: one sentence; "" when all is well.
        todo: what an operator can do; "" when nothing needs doing.
        last: when it was last heard of; None when it never was.
    """

    state: FeedState
    why: str
    todo: str
    last: datetime | None


#: What to do about each `ports.FaultKind`.
_TODO: Final = {
    "auth_expired": "Ask for the password as it is now and hand it in with “cdsc devices access”.",
    "rate_limited": "Wait: it is left alone as long as it asks for. If it stays, ask the platform for more calls.",
    "not_found": "See on the platform whether the station still exists and is shared with this account.",
    "offline": "See whether the home has power and network, and whether others on this platform answer. "
    "What the platform keeps meanwhile is fetched later.",
    "protocol_error": "See whether the address is right. If the platform has changed, its connector needs an update.",
    "busy": "See whether an app or another program is connected to it all the time.",
}
_SILENT: Final = "The platform answers, but its devices have sent it nothing new."
_SILENT_TODO: Final = "Have the home look at the devices' network and at the clock of the devices."
_UNASKED: Final = "Nobody has asked it for too long, although its time has come."
_UNASKED_TODO: Final = "See whether a worker runs (“cdsc worker”), and what its log says."


def silent_since(every: timedelta, now: datetime) -> datetime:
    """A site with this pace of which nothing newer is known than this instant is stalled."""
    return now - max(every * _PATIENCE, _SHORTEST)


def judged(facts: FeedFacts, *, now: datetime) -> Feed:
    """How a site is."""
    last = facts.measured or facts.answered
    if facts.aside:
        return Feed(
            FeedState.ASIDE, facts.reason, _TODO.get(facts.fault or "", "") + " Then have it asked again.", last
        )
    limit = silent_since(facts.every, now)
    if (last or facts.created) < limit:
        if facts.fault is not None:
            return Feed(FeedState.STALLED, facts.reason, _TODO[facts.fault], last)
        if (facts.answered or facts.created) < limit:
            return Feed(FeedState.STALLED, _UNASKED, _UNASKED_TODO, last)
        if facts.read_through is not None and facts.read_through < limit:
            return Feed(FeedState.CATCHING_UP, "History is still being fetched.", "", last)
        return Feed(FeedState.STALLED, facts.reason or _SILENT, _SILENT_TODO, last)
    if facts.fault is not None:
        return Feed(FeedState.FAILING, facts.reason, _TODO[facts.fault], last)
    if facts.answered is None:
        return Feed(FeedState.NEW, "", "", None)
    return Feed(FeedState.LIVE, facts.reason, "", last)
