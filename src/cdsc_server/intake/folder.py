"""
The import folder: whatever lies in it is taken in by itself.

A source puts a delivery below the name of its kind, `bills/2026-05.json`; it ends up below `done` or `rejected` with a
report beside it. Moving it is the last step, so a look that is cut short anywhere is made up for by the next: what was
stored already is found unchanged.
"""

from __future__ import annotations

import fcntl
import logging
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.errors import InvalidFile
from cdsc_server.intake.deltas import turn_of
from cdsc_server.intake.files import (
    Attempt,
    Outcome,
    Taken,
    attempt,
    take_bills,
    take_certificates,
    take_customers,
    take_delta,
    take_green_button,
    take_tariffs,
)
from cdsc_server.ports import Clock, DeliveryPlace, PlaceFault, Ports
from cdsc_server.services import deliveries

log = logging.getLogger(__name__)

#: The directories of the folder in the order in which they are looked through: later ones are about what these bring.
INBOXES: Final = ("customers", "tariffs", "greenbutton", "bills", "eacs", "deltas")
#: Where deliveries are put away; one that failed stays where it is.
_AWAY: Final[Mapping[Outcome, str]] = {Outcome.TAKEN: "done", Outcome.REFUSED: "rejected"}
#: Seconds without a change after which nobody is writing any more.
_QUIET: Final = 30
#: What programs that copy files call them until they are whole.
_UNFINISHED: Final = (".part", ".partial", ".filepart", ".tmp")
#: Bytes of a name that are kept; the rest of what file systems take is for what is put around it.
_NAME_BYTES: Final = 200


@dataclass(frozen=True, slots=True)
class _Kind:
    """Deliveries of one kind: the endings that their documents may have, and what takes one in."""

    name: str
    endings: tuple[str, ...]
    take: Callable[[Path], Taken]
    #: What deliveries are sorted by.
    turn: Callable[[Path], Any] = lambda path: path.name


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A file or directory that lies ready, and when anything of it was changed last."""

    kind: _Kind
    path: Path
    changed: float


def look_through(folder: Path, *, catalogue: Catalogue, ports: Ports) -> int:
    """
    Take in what lies ready in the folder, in its order; the directories in it are made where missing.

    What lies ready elsewhere is brought first; what goes wrong with that is told in the log.

    Returns:
        How many deliveries were put away. None are while somebody else looks.

    Raises:
        OSError: the folder is not there, or cannot be written to.
        SQLAlchemyError: the database does not answer.
    """
    with _alone(folder) as alone:
        if not alone:
            return 0
        if ports.place is not None:
            _fetch(folder, ports.place, ports.clock)
        found = [each for kind in _kinds(catalogue, ports) for each in _ready(folder, kind, ports.clock)]
        return sum(_take_in(folder, each, ports.clock) for each in found)


def fetch(folder: Path, place: DeliveryPlace, *, clock: Clock) -> list[str] | None:
    """
    Bring deliveries into the folder, without taking them in.

    Returns:
        What was brought; None while somebody else looks through the folder.

    Raises:
        PlaceFault, OSError: as `DeliveryPlace.fetch`.
    """
    with _alone(folder) as alone:
        return place.fetch(INBOXES, folder, now=clock.now()) if alone else None


def _fetch(folder: Path, place: DeliveryPlace, clock: Clock) -> None:
    try:
        brought = place.fetch(INBOXES, folder, now=clock.now())
    except PlaceFault as fault:
        log.error("no more deliveries are brought: %s", fault)  # noqa: TRY400 - the words say it all
    else:
        if brought:
            log.info("brought %d deliveries from %s", len(brought), place.host)


def _kinds(catalogue: Catalogue, ports: Ports) -> list[_Kind]:
    formats, clock = catalogue.eac_formats, ports.clock
    kinds = [
        _Kind("customers", (".json",), partial(take_customers, clock=clock)),
        _Kind("tariffs", (".json",), partial(take_tariffs, clock=clock)),
        _Kind("greenbutton", (".xml",), partial(take_green_button, clock=clock)),
        _Kind("bills", (".json",), partial(take_bills, blobs=ports.blobs, clock=clock)),
        _Kind("eacs", (".json",), partial(take_certificates, formats=formats, clock=clock)),
        _Kind("deltas", (".csv", ".parquet"), partial(take_delta, catalogue=catalogue, clock=clock), turn_of),
    ]
    return sorted(kinds, key=lambda kind: INBOXES.index(kind.name))


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether nobody else looks through the folder until the block ends; the lock ends with the process, too."""
    with (folder / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _ready(folder: Path, kind: _Kind, clock: Clock) -> list[_Delivery]:
    inbox = folder / kind.name
    for directory in (inbox, *(folder / away / kind.name for away in _AWAY.values())):
        directory.mkdir(exist_ok=True, parents=True)
    names = (each.name for each in inbox.iterdir())
    paths = [inbox / name for name in names if not name.startswith(".") and not name.endswith(_UNFINISHED)]
    before = clock.now().timestamp() - _QUIET
    return [
        _Delivery(kind, path, changed) for path in sorted(paths, key=kind.turn) if (changed := _changed(path)) <= before
    ]


def _changed(path: Path) -> float:
    """When anything of a delivery was changed last; never before now where it is being changed."""
    paths = [path]
    if not path.is_symlink():
        for directory, _, names in os.walk(path):
            paths += [Path(directory), *(Path(directory, name) for name in names)]
    try:
        return max(each.lstat().st_mtime for each in paths)
    except FileNotFoundError:
        return math.inf


def _take_in(folder: Path, delivery: _Delivery, clock: Clock) -> bool:
    """Take a delivery in and put it away; what fails for another reason than its own stays for the next look."""
    kind, path = delivery.kind, delivery.path
    name = _free_name(folder, delivery)
    try:
        done = attempt(path, partial(_take, kind))
    except Exception:
        log.exception("a delivery of %s could not be looked at", kind.name)
        done = Attempt(Outcome.FAILED, ("a fault of this server, whose log tells more.",))
    if done.outcome in _AWAY:
        try:
            away = folder / _AWAY[done.outcome] / kind.name
            (away / f"{name}.report.txt").write_text("".join(f"{line}\n" for line in done.lines), encoding="utf-8")
            _note(kind, path, name, done, clock)
            path.rename(away / name)
        except OSError as fault:
            done = replace(
                done, outcome=Outcome.FAILED, lines=(f"it cannot be put away: {fault.strerror}", *done.lines)
            )
        else:
            log.info("%s: %r is %s", kind.name, path.name, done.outcome)
            return True
    _note(kind, path, name, done, clock)
    # The reason can quote what stands in the file; the console shows it to who may read that.
    log.warning("%s: %r stays for the next look, Imports at the console tells why", kind.name, path.name)
    return False


def _take(kind: _Kind, path: Path) -> Taken:
    """Take in the document of a delivery, which is a file, or lies in a directory of its name with what it names."""
    # A link would lead to other files of this machine, and a pipe to nothing that ever ends.
    inside = [path / f"{path.name}{ending}" for ending in kind.endings]
    document = next(filter(Path.exists, inside), inside[0]) if path.is_dir() and not path.is_symlink() else path
    if document.suffix.lower() not in kind.endings:
        raise InvalidFile(
            f"it does not end in {' or '.join(kind.endings)}: what a document names comes in a directory with it"
        )
    if document.is_symlink() or not document.is_file():
        raise InvalidFile(f"{document.name} is not a file")
    return kind.take(document)


def _note(kind: _Kind, path: Path, name: str, done: Attempt, clock: Clock) -> None:
    deliveries.note(
        _printable(f"{kind.name}/{name}"),
        name=_printable(path.name),
        outcome=done.outcome,
        lines=done.lines,
        confirms=done.confirms,
        clock=clock,
    )


def _free_name(folder: Path, delivery: _Delivery) -> str:
    """What a delivery is called where it is put away: when it came, and its name; always the same until it is there."""
    came = datetime.fromtimestamp(delivery.changed, UTC)
    name = os.fsdecode(os.fsencode(delivery.path.name)[-_NAME_BYTES:])
    numbered = (f"{came:%Y%m%dT%H%M%SZ}{more}-{name}" for more in ("", *(f".{n}" for n in range(2, 1000))))
    places = [folder / away / delivery.kind.name for away in _AWAY.values()]
    return next(full for full in numbered if not any(os.path.lexists(place / full) for place in places))


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", errors="replace")
