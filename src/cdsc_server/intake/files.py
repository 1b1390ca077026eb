"""Files that a source writes, each taken in whole or not at all, with what became of it in words for people."""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy.exc import DataError, SQLAlchemyError

from cdsc_server import exact_json
from cdsc_server.connectors.delta_files.opened import open_delta
from cdsc_server.connectors.eac_files import read_delivery
from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.delta_files import FaultyRows, Heading
from cdsc_server.domain.freshness import Source, readings_of
from cdsc_server.errors import FaultyFile, FaultyRecords, FeedWaits, InvalidFile, Problem
from cdsc_server.intake.deltas import apply_file
from cdsc_server.ports import BlobStore, Clock
from cdsc_server.services import deliveries
from cdsc_server.services.delta_files import Applied
from cdsc_server.services.import_bills import import_bills
from cdsc_server.services.import_customers import import_customers
from cdsc_server.services.import_eacs import import_eacs
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.services.imports import import_green_button
from cdsc_server.storage import db

#: Faults of a file that are told one by one.
_MOST_FAULTS: Final = 50
_NOTHING: Final = "Nothing of this file was stored."


@dataclass(frozen=True, slots=True)
class Taken:
    """
    What became of a file that was taken in.

    Attributes:
        lines: the summary first, then what is worth a line of its own.
        confirms: what the file says about the source, whether or not it brought anything new.
    """

    lines: tuple[str, ...]
    confirms: frozenset[Source] = frozenset()


class Outcome(StrEnum):
    """What may become of a file."""

    TAKEN = "taken"
    #: The file is wrong, and will be however often it comes.
    REFUSED = "refused"
    #: Something else is, such as a full disk: the same file may be taken later.
    FAILED = "failed"
    #: Nothing is wrong, but a file before it has not come.
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a file; unless it was taken, the lines are the reasons and nothing was stored."""

    outcome: Outcome
    lines: tuple[str, ...]
    confirms: frozenset[Source] = frozenset()


def attempt(path: Path, take: Callable[[Path], Taken]) -> Attempt:
    """
    Take a file in, or say why it cannot be.

    Args:
        take: one of the functions below, for files of one kind.
    """
    try:
        taken = take(path)
    except Problem as problem:
        return refusal(problem)
    except OSError as fault:
        missing = isinstance(fault, FileNotFoundError | PermissionError | IsADirectoryError | NotADirectoryError)
        reason = f"{fault.strerror or fault}. {_NOTHING}"
        return Attempt(Outcome.REFUSED if missing else Outcome.FAILED, (reason,))
    except (SQLAlchemyError, db.db.engine.dialect.loaded_dbapi.Error) as fault:
        # The driver's own words; SQLAlchemy's would print the values it was about to store.
        reason = f"the database refused: {getattr(fault, 'orig', fault)}. {_NOTHING}"
        return Attempt(Outcome.REFUSED if isinstance(fault, DataError) else Outcome.FAILED, (reason,))
    return Attempt(Outcome.TAKEN, taken.lines, taken.confirms)


def refusal(problem: Problem) -> Attempt:
    """What became of a file that was not taken in, for a reason of its own."""
    match problem:
        case FeedWaits():
            return Attempt(Outcome.WAITING, (f"{problem.description}.",))
        case FaultyRows():
            counted = f"{_count(problem.accepted, 'row')} sound, {_count(problem.rejected, 'row')} rejected. {_NOTHING}"
            return Attempt(Outcome.REFUSED, (counted, *map(str, problem.faults)))
        case FaultyRecords():
            return Attempt(Outcome.REFUSED, _told([str(fault) for fault in problem.faults]))
        case FaultyFile():
            return Attempt(Outcome.REFUSED, _told(problem.faults))
    return Attempt(Outcome.REFUSED, (f"{problem.description}. {_NOTHING}",))


def take_green_button(
    path: Path, *, clock: Clock, customer: str | None = None, on_read: Callable[[int], None] = lambda _: None
) -> Taken:
    """
    Take a Green Button file in; raises as `services.imports.import_green_button`.

    Args:
        customer: e-mail address or id of the Customer the data is attached to; None where the file tells.
        on_read: called with the number of bytes of each chunk read.
    """
    with path.open("rb") as file, open_feed(file, on_read=on_read) as feed:
        done = import_green_button(feed, clock=clock, customer=customer)
    blocks = done.blocks
    changed = f"{blocks.new} blocks new, {blocks.corrected} corrected, {blocks.unchanged} unchanged"
    summary = (
        f"{_count(len(done.customer_ids), 'Customer')} ({done.new_customers} new), "
        f"{_count(done.accounts, 'Account')}, {_count(done.meters, 'Meter Device')}, "
        f"{_count(done.readings, 'reading')} ({changed})"
    )
    return Taken(
        (
            summary,
            *(f"Customer {customer_id}" for customer_id in done.customer_ids),
            *(f"left out, for want of a Value Type: {title}" for title in done.skipped),
        ),
        readings_of(done.intervals) | ({Source.PRICE_PLANS} if done.price_plans else frozenset()),
    )


def take_delta(
    path: Path, *, catalogue: Catalogue, clock: Clock, on_read: Callable[[int], None] = lambda _: None
) -> Taken:
    """
    Take a delta file in; raises as `intake.deltas.apply_file`.

    Args:
        on_read: called with the number of bytes of each chunk read.
    """
    with path.open("rb") as file:
        done = apply_file(open_delta(file, on_read=on_read), catalogue=catalogue, clock=clock)
    return Taken((done.summary, *done.notes), done.confirms)


def take_upload(file: BinaryIO, *, catalogue: Catalogue, clock: Clock) -> tuple[Heading, Applied]:
    """
    Take in a delta file that was sent here, and note what became of it beside what came by the folder.

    Returns:
        What it says of itself, and what became of it.

    Raises:
        Problem: as `intake.deltas.apply_file`.
    """
    delta = open_delta(file)
    name = delta.heading.name
    tell = partial(deliveries.note, f"deltas/{name} uploaded", name=f"{name} (uploaded)", clock=clock)
    try:
        done = apply_file(delta, catalogue=catalogue, clock=clock)
    except Problem as problem:
        told = refusal(problem)
        tell(outcome=told.outcome, lines=told.lines, confirms=told.confirms)
        raise
    tell(outcome=Outcome.TAKEN, lines=(done.summary, *done.notes), confirms=done.confirms)
    return delta.heading, done


def take_certificates(path: Path, *, formats: Collection[str], clock: Clock) -> Taken:
    """Take a delivery of Energy Attribute Certificates in; raises as `services.import_eacs.import_eacs`."""
    done = import_eacs(read_delivery(path), formats=formats, clock=clock)
    counted = f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged"
    return Taken((f"{_count(done.new + done.changed + done.unchanged, 'certificate')} ({counted})",))


def take_customers(path: Path, *, clock: Clock) -> Taken:
    """Take a document of Customers in; raises as `services.import_customers.import_customers`."""
    done = import_customers(_json(path), clock=clock)
    counted = f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged"
    summary = (
        f"{_count(len(done.customer_ids), 'Customer')} ({done.new_customers} new), "
        f"{_count(done.new + done.changed + done.unchanged, 'object')} ({counted})"
    )
    confirms = set()
    if Kind.SERVICE_CONTRACT in done.told:
        confirms.add(Source.PRICE_PLANS)
    if done.told & {Kind.ACCOUNT, Kind.SERVICE_CONTRACT}:
        confirms.add(Source.PROGRAMS)
    return Taken((summary, *(f"Customer {customer_id}" for customer_id in done.customer_ids)), frozenset(confirms))


def take_tariffs(path: Path, *, clock: Clock) -> Taken:
    """Take a document of tariffs in; raises as `services.import_tariffs.import_tariffs`."""
    done = import_tariffs(_json(path), clock=clock)
    told = [
        f"{_count(sum(some.values()), noun)} "
        f"({some['new']} new, {some['changed']} changed, {some['unchanged']} unchanged)"
        for some, noun in ((done.tariffs, "tariff"), (done.contracts, "contract"))
    ]
    return Taken((", ".join(told),))


def take_bills(path: Path, *, blobs: BlobStore, clock: Clock, customer: str | None = None) -> Taken:
    """
    Take a document of bills in, with the files beside it; raises as `services.import_bills.import_bills`.

    Args:
        customer: e-mail address or id of the Customer whose bills they are; None where their Accounts tell.
    """
    beside = partial(_open_beside, path.parent)
    done = import_bills(_json(path), open_file=beside, blobs=blobs, clock=clock, customer=customer)
    counted = f"{done.new} new, {done.corrected} corrected, {done.unchanged} unchanged"
    summary = (
        f"{_count(done.new + done.corrected + done.unchanged, 'Bill Statement')} ({counted}), "
        f"{_count(done.sections, 'Bill Section')}, {_count(done.files, 'file')}"
    )
    differences = (
        f"bill {number} does not add up: a charge tells the difference of {amount:f}"
        for number, amount in done.differences.items()
    )
    return Taken((summary, *differences), frozenset({Source.BILLS}))


def _json(path: Path) -> Any:
    try:
        return exact_json.loads(path.read_bytes())
    except ValueError as fault:
        raise InvalidFile(f"not JSON: {fault}") from fault
    except RecursionError as fault:
        raise InvalidFile("nested too deep") from fault


def _open_beside(directory: Path, name: str) -> BinaryIO:
    """A file that lies in a directory or below it, and nowhere else whatever its name says."""
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise PermissionError(errno.EACCES, "it does not lie beside the JSON file")
    return path.open("rb")


def _told(faults: list[str]) -> tuple[str, ...]:
    first = f"the first {_MOST_FAULTS} of " if len(faults) > _MOST_FAULTS else ""
    return (*faults[:_MOST_FAULTS], f"{first}{_count(len(faults), 'fault')}. {_NOTHING}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
