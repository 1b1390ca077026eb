"""What the conditions share that look at pages in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.browser import Tab
from cdsc_conformance.conditions.asking import fields
from cdsc_conformance.conditions.customer_objects import Tally
from cdsc_conformance.customer_data import SELECTION, Thing, entry
from cdsc_conformance.findings import Findings, Unmet
from cdsc_conformance.session import Session

_NOTHING: Final = "no form of the test account can show this"

#: A Grant of these counts somebody in and opens nothing; its form is another.
_ANOTHER_FORM: Final = ("cds_aggregation_consent",)


class Watched(Tally):
    """A tally of what a tab shows; what is wrong is kept with a picture of it."""

    def __init__(self) -> None:
        super().__init__()
        self._tab: Tab | None = None

    def watch(self, tab: Tab) -> None:
        """What is noted from now on is shown by what stands in this tab by then."""
        self._tab = tab

    def note(self, row: str, *faults: str) -> None:
        """As any tally's."""
        if row and self._tab is not None:
            self.look(self._tab.seen(picture=bool(faults)))
        super().note(row, *faults)


def watched(session: Session, rows: tuple[str, ...], judging: Callable[[Watched, Tab], None], **tab: Any) -> Findings:
    """
    Let somebody look at a tab.

    Args:
        judging: what is looked at; what it noted before a part was missing counts.
        tab: as for `Desk.tab`.
    """
    tally, otherwise = Watched(), _NOTHING
    try:
        with session.desk.tab(**tab) as opened:
            tally.watch(opened)
            judging(tally, opened)
    except Unmet as fault:
        otherwise = str(fault)
    yield from tally.findings(rows, otherwise)


def tried(use: Callable[[], str]) -> str:
    """What using a part of a page showed to be wrong; that it is not there, or cannot be used, is wrong too."""
    from playwright.sync_api import Error

    try:
        return use()
    except (Unmet, Error) as fault:
        return str(fault).partition("\n")[0]


def choose(tab: Tab) -> None:
    """Tick everything wherever the request filled in nothing."""
    for section in tab.parts("section").all():
        if not tab.parts("entry", section).locator("input:checked").count():
            for box in tab.parts("entry", section).locator("input[type='checkbox']").all():
                box.click()


def askable(session: Session) -> Iterator[tuple[Thing, Thing]]:
    """The scopes of Customer Data that the kit's Client can ask for, each with an entry for all of it."""
    held = str(session.code_client.client.get("scope")).split()
    for _, scope in session.consent_scopes():
        kind = scope.get("type")
        if facts.access(kind) and kind not in _ANOTHER_FORM and scope.get("id") in held:
            try:
                asked = entry(scope, yes=True)
            except Unmet:
                continue
            chosen = field_of(scope, SELECTION).get("default")
            yield scope, {**asked, **({SELECTION: chosen} if chosen else {})}


def first(session: Session) -> Thing:
    """
    An entry for all of a scope that people can choose for.

    Raises:
        Unmet: the Client can ask for no such scope.
    """
    for _, asked in askable(session):
        if SELECTION in asked:
            return asked
    raise Unmet("the Client can ask for no scope with something to choose")


def field_of(scope: Thing, name: str) -> dict[str, Any]:
    """An authorization details field of a scope; empty when it does not offer it."""
    return next((each for each in fields(scope) if each.get("id") == name), {})


def choices_of(scope: Thing, name: str) -> list[str]:
    """The ids of the choices of such a field."""
    choices = field_of(scope, name).get("choices")
    return [str(each.get("id")) for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []
