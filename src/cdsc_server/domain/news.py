"""What Customers find under “News”: kinds of entries, their words, and which of them may be kept out of the mail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from cdsc_server.languages import day, gettext, marked


class NewsKind(StrEnum):
    """What an entry tells."""

    AGREED = "agreed"
    PAUSED = "paused"
    WENT_ON = "went_on"
    LESSENED = "lessened"
    STOPPED = "stopped"
    #: An app has read for the first time.
    BEGAN = "began"
    #: The time of a Grant is over soon.
    ENDS_SOON = "ends_soon"
    #: The time of a Grant is over.
    EXPIRED = "expired"
    #: An app showed by the Customer's sign-in that it is theirs.
    OWN_BEGAN = "own_began"
    OWN_ENDED = "own_ended"
    #: An operator lets a Client read without asking the Customer.
    CLEARED = "cleared"
    CLEARED_ENDED = "cleared_ended"


#: Whose mail a Customer may do without; all others tell of what somebody did, maybe in the Customer's name.
OPTIONAL: Final = (NewsKind.BEGAN, NewsKind.ENDS_SOON, NewsKind.EXPIRED)

_WORDS: Final = {
    NewsKind.AGREED: marked("You let %(app)s read your data"),
    NewsKind.PAUSED: marked("%(app)s cannot read your data while you pause"),
    NewsKind.WENT_ON: marked("%(app)s can read your data again"),
    NewsKind.LESSENED: marked("You share less with %(app)s"),
    NewsKind.STOPPED: marked("%(app)s can no longer read your data"),
    NewsKind.BEGAN: marked("%(app)s has begun to read your data"),
    NewsKind.ENDS_SOON: marked("%(app)s can read your data until %(day)s"),
    NewsKind.EXPIRED: marked("%(app)s can no longer read your data: the time you agreed to is over"),
    NewsKind.OWN_BEGAN: marked("%(app)s, an app of your own, can read your data"),
    NewsKind.OWN_ENDED: marked("%(app)s, an app of your own, can no longer read your data"),
    NewsKind.CLEARED: marked("We let %(app)s read your data"),
    NewsKind.CLEARED_ENDED: marked("We no longer let %(app)s read your data"),
}


def headline(kind: NewsKind, *, app: str, until: datetime | None, zone: ZoneInfo) -> str:
    """
    An entry in one line, in the language that is spoken.

    Args:
        app: as the app called itself then.
        until: of ENDS_SOON, when that is.
    """
    return gettext(_WORDS[kind], app=app, day="" if until is None else day(until, zone))
