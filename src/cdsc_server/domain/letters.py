"""
The words of our mails: said once, rendered twice, as plain text and as HTML.

A letter greets with our own name for the Customer, has one link, and asks for no password.
It is in the language that is spoken when it is written.
Names that apps gave themselves are made harmless first: a mail program must not turn them into links or new lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from cdsc_server.domain.news import NewsKind, headline
from cdsc_server.languages import clock_time, day, gettext, language, listed, marked

_WORD_JOINER: Final = "\u2060"
_ISOLATE: Final = ("\u2068", "\u2069")
_LONGEST_NAME: Final = 100
#: As long as a whole Purpose may be.
LONGEST_LINE: Final = 5_000

_SEE_AND_STOP: Final = marked("You can see and stop everything under “Who has my data”.")
#: The end of every letter.
NO_PASSWORD: Final = marked("We never ask for your password by email.")
_TURN_OFF: Final = marked("You can turn off mails like this one under “News”.")
_SENDER: Final = "{utility}, {phone}"


@dataclass(frozen=True)
class WhatFor:
    """
    What some kinds of data are for, in a text that an operator knows.

    Args:
        titles: of these kinds.
        ours: whether this server wrote it.
    """

    titles: Sequence[str]
    content: str
    ours: bool


@dataclass(frozen=True)
class Letter:
    """
    A mail before it is rendered.

    Args:
        kind: what it is about, in one word.
        greeting: with our own name for the person, or none.
        lines: paragraphs before the list.
        items: a list; empty for none.
        after: paragraphs after the list.
        lead: the words before the link.
        link: the only link.
        closing: the last lines, with {utility} and {phone}.
        language: the one it is in.
        values: what it tells, by the names that templates of brands know it by (domain/letter_names).
    """

    kind: str
    subject: str
    greeting: str
    lines: Sequence[str]
    lead: str
    link: str
    items: Sequence[str] = ()
    after: Sequence[str] = ()
    closing: Sequence[str] = field(default_factory=lambda: closing_of(_SEE_AND_STOP, NO_PASSWORD))
    language: str = field(default_factory=language)
    values: Mapping[str, str] = field(default_factory=dict)


class StoppedBy(StrEnum):
    """Who ended a sharing."""

    CUSTOMER = "customer"
    CLIENT = "client"
    SERVER = "server"
    #: Nobody: what was agreed to is over.
    TIME = "time"


class Changed(StrEnum):
    """What a Customer did with a sharing that goes on."""

    PAUSED = "paused"
    WENT_ON = "went_on"
    LESSENED = "lessened"


#: How an end is told, by whose it was.
STOPPED: Final = {
    StoppedBy.CUSTOMER: marked("You stopped it on %(day)s at %(time)s."),
    StoppedBy.CLIENT: marked("%(app)s stopped it on %(day)s at %(time)s."),
    StoppedBy.SERVER: marked("We stopped it on %(day)s at %(time)s."),
    StoppedBy.TIME: marked("The time you agreed to was over on %(day)s at %(time)s."),
}
_IN_ITS_WORDS: Final = marked("%(titles)s: how %(app)s will use it, in its own words.")
_TERMS: Final = {"begins": marked("It begins on %(day)s."), "ends": marked("It ends on %(day)s.")}


_CHANGED: Final = {
    Changed.PAUSED: (
        marked("%(app)s cannot read your data while you pause"),
        marked("You paused it on %(day)s at %(time)s. %(app)s reads nothing until you let it go on."),
    ),
    Changed.WENT_ON: (
        marked("%(app)s can read your data again"),
        marked("You ended the pause on %(day)s at %(time)s. %(app)s can read what it could read before."),
    ),
    Changed.LESSENED: (
        marked("You share less with %(app)s"),
        marked("You changed it on %(day)s at %(time)s. %(app)s keeps what it already read."),
    ),
}


def receipt_letter(
    *,
    customer_name: str,
    app: str,
    confirmation: str,
    at: datetime,
    zone: ZoneInfo,
    parts: Sequence[tuple[str, str]],
    counts: Sequence[str],
    purposes: Sequence[WhatFor] = (),
    terms: Mapping[str, str] | None = None,
    waits: bool,
    link: str,
    signs_in: bool,
) -> Letter:
    """
    Tells of an approval, on our form or in another way.

    Args:
        app: as the app calls itself.
        parts: title and duration of each kind of data.
        counts: how many services, accounts or meters, such as "2 services".
        purposes: what it is for.
        terms: of an agreement that did not come by the form: from when until when it holds, if that was said.
        waits: whether we do not know yet whose data it is.
        link: of the receipt.
        signs_in: whether the reader has a sign-in here.
    """
    app = harmless(app)
    when = {"day": day(at, zone), "time": clock_time(at, zone)}
    line = gettext("On %(day)s at %(time)s you let %(app)s read:", app=app, **when)
    subject = marked("You share data with %(app)s: %(confirmation)s")
    after = [gettext("For: %(counted)s.", counted=listed(dict.fromkeys(counts)))] if counts else []
    if waits:
        subject = marked("You agreed to share data with %(app)s: %(confirmation)s")
        after.append(gettext("We first find out whose data this is. Until then nothing is shared."))
    for each in purposes:
        said = marked("%(titles)s: how %(app)s will use it.") if each.ours else _IN_ITS_WORDS
        after.append(gettext(said, titles=listed(each.titles), app=app))
        after += [harmless(line, longest=LONGEST_LINE) for line in each.content.splitlines() if line.strip()]
    if terms is not None:
        line = gettext("On %(day)s at %(time)s we wrote down that %(app)s may read:", app=app, **when)
        after += [gettext(_TERMS[name], day=said) for name, said in terms.items()]
        after.append(
            gettext("You agreed to this in another way than on our pages, for instance on paper. Was it not you?")
        )
    return Letter(
        kind="receipt",
        subject=gettext(subject, app=app, confirmation=confirmation),
        greeting=greeting(customer_name),
        lines=[line],
        items=[f"{title}. {duration}" if duration else f"{title}." for title, duration in parts],
        after=after,
        lead=gettext("Your receipt, where you can also stop:"),
        link=link,
        closing=closing_of(*_ways(signs_in=signs_in)),
        values={**names_of(customer_name, app), **when, "confirmation": confirmation},
    )


def revoked_letter(
    *,
    customer_name: str,
    app: str,
    contact: str | None,
    opened: bool,
    confirmation: str,
    by: StoppedBy,
    reason: str = "",
    at: datetime,
    zone: ZoneInfo,
    link: str,
    signs_in: bool,
) -> Letter:
    """
    Tells that a sharing has ended.

    Args:
        contact: an address of the app's own; None when it gave none.
        by: with TIME it is a mail that who signs in can do without.
        opened: whether it ever opened anything.
        reason: why the Server stopped it, as the end of a sentence; for StoppedBy.SERVER only.
        link: of the receipt.
        signs_in: whether the reader has a sign-in here.
    """
    app = harmless(app)
    when = {"day": day(at, zone), "time": clock_time(at, zone)}
    stopped = gettext(STOPPED[by], app=app, **when)
    if reason and by is StoppedBy.SERVER:
        told = marked("We stopped it on %(day)s at %(time)s, because %(reason)s.")
        stopped = gettext(told, reason=reason.rstrip("."), **when)
    keeps = what_it_keeps(app, contact)
    subject = marked("%(app)s can no longer read your data") if opened else marked("%(app)s gets no data of yours")
    after = [gettext("Confirmation: %(confirmation)s", confirmation=confirmation)]
    if by is StoppedBy.TIME and signs_in:
        after.append(gettext(_TURN_OFF))
    return Letter(
        kind="expired" if by is StoppedBy.TIME else "revoked",
        subject=gettext(subject, app=app),
        greeting=greeting(customer_name),
        lines=[stopped, keeps if opened else gettext("%(app)s has read nothing.", app=app)],
        after=after,
        lead=gettext("Your receipt:"),
        link=link,
        closing=closing_of(*_ways(signs_in=signs_in)),
        values={**names_of(customer_name, app), **when, "confirmation": confirmation},
    )


def changed_letter(
    *,
    customer_name: str,
    app: str,
    change: Changed,
    confirmation: str,
    at: datetime,
    zone: ZoneInfo,
    link: str,
    signs_in: bool,
) -> Letter:
    """
    Tells that a Customer changed what is shared.

    Args:
        link: of the receipt, which tells what is shared now.
        signs_in: whether the reader has a sign-in here.
    """
    app = harmless(app)
    when = {"day": day(at, zone), "time": clock_time(at, zone)}
    subject, line = _CHANGED[change]
    return Letter(
        kind=change.value,
        subject=gettext(subject, app=app),
        greeting=greeting(customer_name),
        lines=[
            gettext(line, app=app, **when),
            gettext("Was it not you? Call us."),
        ],
        after=[gettext("Confirmation: %(confirmation)s", confirmation=confirmation)],
        lead=gettext("Your receipt, where you can also stop:"),
        link=link,
        closing=closing_of(*_ways(signs_in=signs_in)),
        values={**names_of(customer_name, app), **when, "confirmation": confirmation},
    )


def news_letter(
    *,
    kind: NewsKind,
    customer_name: str,
    app: str,
    until: datetime | None,
    zone: ZoneInfo,
    link: str,
    signs_in: bool,
) -> Letter:
    """
    Tells of what nobody did just now: an app began to read, or what was agreed to ends soon.

    Args:
        until: of ENDS_SOON, when that is.
        link: of the receipt.
        signs_in: whether the reader has a sign-in here; who has one can do without such mails.
    """
    subject = headline(kind, app=harmless(app), until=until, zone=zone)
    ends = {} if until is None else {"until": day(until, zone)}
    return Letter(
        kind=kind,
        subject=subject,
        greeting=greeting(customer_name),
        lines=[f"{subject}."],
        after=[gettext(_TURN_OFF)] if signs_in else [],
        lead=gettext("Your receipt, where you can also stop:"),
        link=link,
        closing=closing_of(*_ways(signs_in=signs_in)),
        values={**names_of(customer_name, app), **ends},
    )


def code_letter(*, code: str, app: str, minutes: int, link: str) -> Letter:
    """
    Brings the code that proves an address of a Client.

    Args:
        app: as the Client calls itself.
        minutes: how long the code works.
        link: of the form that takes it.
    """
    app = harmless(app)
    return Letter(
        kind="email_code",
        subject=f"{code} is your code for {app}",
        greeting="Hello,",
        lines=[
            f"Somebody registered {app} with us and named this address as a contact.",
            f"Enter this code to show that it is right: {code}",
            f"It works for {minutes} minutes. Was it not you? Then do nothing.",
        ],
        lead="The form for the code:",
        link=link,
        closing=closing_of(NO_PASSWORD),
    )


def contact_letter(*, code: str, app: str, minutes: int, link: str) -> Letter:
    """
    Brings the code that proves the address of somebody who agrees without signing in.

    Args:
        app: as the Client calls itself.
        minutes: how long the code works.
        link: of the page that takes it, in the browser where the person began.
    """
    app = harmless(app)
    return Letter(
        kind="contact_code",
        subject=gettext("%(code)s is your code", code=code),
        greeting=greeting(""),
        lines=[
            gettext("Somebody wants to let %(app)s read data, and gave this address for the receipt.", app=app),
            gettext("Enter this code on the page that is still open: %(code)s", code=code),
            gettext(
                "It works for %(minutes)s minutes. Was it not you? Then do nothing, and nothing is shared.",
                minutes=minutes,
            ),
        ],
        lead=gettext("That page, for the browser you began in:"),
        link=link,
        closing=closing_of(NO_PASSWORD),
        values={**names_of("", app), "code": code, "minutes": str(minutes)},
    )


def harmless(name: str, *, longest: int = _LONGEST_NAME) -> str:
    """
    A name or a line from outside, as it may stand in a mail: no hidden characters, nothing that becomes a link.

    A name written from right to left is set apart, so that it does not turn the words around it.
    """
    visible = "".join(" " if unicodedata.category(each) in ("Zl", "Zp", "Cc") else each for each in name)
    visible = "".join(each for each in visible if unicodedata.category(each) not in ("Cf", "Cs", "Co", "Cn"))
    plain = " ".join(visible.split())
    plain = plain if len(plain) <= longest else f"{plain[:longest]}…"
    plain = re.sub(r"(?<=\w)([.:@/])(?=[\w/])", rf"\1{_WORD_JOINER}", plain)
    if any(unicodedata.bidirectional(each) in ("R", "AL") for each in plain):
        return plain.join(_ISOLATE)
    return plain


def names_of(customer_name: str, app: str) -> dict[str, str]:
    """Both, harmless, by the names that templates of brands know them by."""
    return {"customer_name": harmless(customer_name), "app": harmless(app)}


def greeting(customer_name: str) -> str:
    """The first line of a letter; an empty name is nobody's."""
    name = harmless(customer_name)
    return gettext("Hello %(name)s,", name=name) if name else gettext("Hello,")


def what_it_keeps(app: str, contact: str | None) -> str:
    """That what was read is not taken back by an end; the contact is an address of the app's own."""
    asked = f"{app}: {harmless(contact)}" if contact else app
    return gettext("%(app)s keeps what it already read. To have that deleted, ask %(asked)s.", app=app, asked=asked)


def _ways(*, signs_in: bool) -> tuple[str, ...]:
    """What the end of a letter says; who cannot sign in is not sent where that is needed."""
    return (_SEE_AND_STOP, NO_PASSWORD) if signs_in else (NO_PASSWORD,)


def closing_of(*sentences: str) -> tuple[str, str]:
    """The last lines of a letter."""
    return " ".join(gettext(sentence) for sentence in sentences), _SENDER
