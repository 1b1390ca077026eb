"""The words of mails about who reads without a form: an app of the Customer's own, a Client that was cleared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cdsc_server.domain.letters import (
    LONGEST_LINE,
    NO_PASSWORD,
    STOPPED,
    Letter,
    StoppedBy,
    closing_of,
    greeting,
    harmless,
    names_of,
    what_it_keeps,
)
from cdsc_server.domain.news import NewsKind, headline
from cdsc_server.languages import clock_time, day, gettext


def own_access_letter(
    *, customer_name: str, app: str, titles: Sequence[str], at: datetime, zone: ZoneInfo, link: str
) -> Letter:
    """
    Tells that an app showed by the Customer's sign-in that it is theirs, and reads without a form from now on.

    Args:
        app: as the app calls itself.
        titles: of what it reads.
        link: of “Who has my data”.
    """
    app = harmless(app)
    when = {"day": day(at, zone), "time": clock_time(at, zone)}
    line = gettext(
        "On %(day)s at %(time)s somebody showed with your sign-in that %(app)s is an app of your own. It can read now:",
        app=app,
        **when,
    )
    return Letter(
        kind=NewsKind.OWN_BEGAN,
        subject=headline(NewsKind.OWN_BEGAN, app=app, until=None, zone=zone),
        greeting=greeting(customer_name),
        lines=[line],
        items=[f"{title}." for title in titles],
        after=[gettext("Was it not you? Stop it there, and call us.")],
        lead=gettext("“Who has my data”, where you can also stop it:"),
        link=link,
        values={**names_of(customer_name, app), **when},
    )


def cleared_letter(
    *,
    customer_name: str,
    app: str,
    titles: Sequence[str],
    account_number: str | None,
    reason: str,
    at: datetime,
    zone: ZoneInfo,
    link: str,
    signs_in: bool,
) -> Letter:
    """
    Tells that an operator lets an app read without asking the Customer.

    Args:
        app: as the app calls itself.
        titles: of what it reads.
        account_number: of the only Account it reads; None for every one.
        reason: in the operator's words.
        link: of “Who has my data”; of the utility's support for who has no sign-in here.
        signs_in: whether the reader has a sign-in here.
    """
    app = harmless(app)
    when = {"day": day(at, zone), "time": clock_time(at, zone)}
    if account_number is None:
        whose = gettext("Of all your accounts.")
    else:
        whose = gettext("Of account %(number)s only.", number=harmless(account_number))
    return Letter(
        kind=NewsKind.CLEARED,
        subject=headline(NewsKind.CLEARED, app=app, until=None, zone=zone),
        greeting=greeting(customer_name),
        lines=[gettext("On %(day)s at %(time)s we cleared %(app)s, without asking you, to read:", app=app, **when)],
        items=[f"{title}." for title in titles],
        after=[
            whose,
            gettext("Why: %(why)s", why=harmless(reason, longest=LONGEST_LINE)),
            gettext("Is there something wrong with that? Call us."),
        ],
        lead=_where(signs_in=signs_in),
        link=link,
        closing=closing_of(NO_PASSWORD),
        values={**names_of(customer_name, app), **when},
    )


def access_ended_letter(
    *,
    kind: NewsKind,
    customer_name: str,
    app: str,
    contact: str | None,
    by: StoppedBy,
    at: datetime,
    zone: ZoneInfo,
    link: str,
    signs_in: bool,
) -> Letter:
    """
    Tells that an app reads no more what no form was ever there for.

    Args:
        kind: OWN_ENDED or CLEARED_ENDED.
        app: as the app calls itself.
        contact: an address of the app's own; None when it gave none.
        link: of “Who has my data”; of the utility's support for who has no sign-in here.
        signs_in: whether the reader has a sign-in here.
    """
    app = harmless(app)
    when = {"day": day(at, zone), "time": clock_time(at, zone)}
    return Letter(
        kind=kind,
        subject=headline(kind, app=app, until=None, zone=zone),
        greeting=greeting(customer_name),
        lines=[gettext(STOPPED[by], app=app, **when), what_it_keeps(app, contact)],
        lead=_where(signs_in=signs_in),
        link=link,
        closing=closing_of(NO_PASSWORD),
        values={**names_of(customer_name, app), **when},
    )


def _where(*, signs_in: bool) -> str:
    return gettext("“Who has my data”:") if signs_in else gettext("Where you reach us:")
