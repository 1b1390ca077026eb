"""Delta files: each applied once, as a whole, in the order of its feed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.delta_files import Heading
from cdsc_server.domain.freshness import Source
from cdsc_server.errors import Conflict, FeedWaits
from cdsc_server.ports import Clock
from cdsc_server.services.audit import record
from cdsc_server.storage import delta_files
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.delta_files import DeltaFeedRow, DeltaFileRow


@dataclass(frozen=True, slots=True)
class Stored:
    """
    What became of the rows of a file.

    Attributes:
        rows: how many there were.
        summary: in words.
        notes: what else is worth a line.
        confirms: what they tell of the source, whether or not they brought anything new.
    """

    rows: int
    summary: str
    notes: tuple[str, ...] = ()
    confirms: frozenset[Source] = frozenset()


@dataclass(frozen=True, slots=True)
class Applied(Stored):
    """A file that was applied, now or when it came first."""

    repeated: bool = False


def apply_delta(
    heading: Heading, digest: str, store: Callable[[Session, datetime], Stored], *, clock: Clock
) -> Applied:
    """
    Apply a file, in one transaction with the note that it was.

    Args:
        digest: of its content.
        store: stores its rows; when it raises, nothing was.

    Returns:
        What became of it; where it was applied before, what became of it then.

    Raises:
        FeedWaits: a file before it is missing.
        Conflict: its number was skipped, or applied with another content.
    """
    now = clock.now()
    with transaction() as session:
        feed = delta_files.lock_feed(session, heading.feed)
        if heading.number <= feed.done:
            return _again(session, heading, digest)
        missing = feed.done + 1
        if heading.number == missing:
            return _apply(session, feed, heading, digest, store=store, now=now)
        # Operators see what waits, so this stays written although the file is refused.
        feed.early = min(heading.number, feed.early or heading.number)
    raise FeedWaits(heading.feed, heading.number, missing)


def _apply(
    session: Session,
    feed: DeltaFeedRow,
    heading: Heading,
    digest: str,
    *,
    store: Callable[[Session, datetime], Stored],
    now: datetime,
) -> Applied:
    twin = delta_files.same_content(session, heading.feed, digest)
    stored = store(session, now)
    if twin is not None and stored.rows:
        note = f"its rows are those of number {twin.number}, applied {twin.applied:%Y-%m-%d %H:%M} UTC"
        stored = replace(stored, notes=(note, *stored.notes))
    _go_on(feed, heading.number)
    session.add(
        DeltaFileRow(
            feed=heading.feed,
            number=heading.number,
            kind=heading.kind,
            digest=digest,
            rows=stored.rows,
            summary=stored.summary,
            applied=now,
        )
    )
    return Applied(stored.rows, stored.summary, stored.notes, stored.confirms)


def _again(session: Session, heading: Heading, digest: str) -> Applied:
    known = delta_files.find_file(session, heading.feed, heading.number)
    if known is None:
        raise Conflict(f"number {heading.number} of feed {heading.feed} was skipped; nothing of this file was stored")
    if known.digest != digest:
        raise Conflict(
            f"number {heading.number} of feed {heading.feed} was applied with other content; "
            "send what changed since then under the next number"
        )
    when = f"it was applied {known.applied:%Y-%m-%d %H:%M} UTC, and changes nothing now"
    return Applied(known.rows, known.summary, (when,), repeated=True)


def skip(feed: str, number: int, *, only_missing: bool = False, actor: str, clock: Clock) -> int:
    """
    Go on without the missing files of a feed, up to a number.

    Args:
        only_missing: refuse a number that no later file of the feed has come after.
        actor: as `audit.record`.

    Returns:
        How many numbers were skipped.

    Raises:
        Conflict: the number was applied or skipped already, or no file waits for it.
    """
    with transaction() as session:
        row = delta_files.lock_feed(session, feed)
        if number <= row.done:
            raise Conflict(f"feed {feed} is at number {row.done} already")
        if only_missing and (row.early is None or number >= row.early):
            raise Conflict(f"no file of feed {feed} waits for number {number}")
        skipped = number - row.done
        _go_on(row, number)
        record(
            session,
            actor=actor,
            action="delta_files.skipped",
            subject=f"feed:{feed}",
            detail={"from": number - skipped + 1, "to": number},
            now=clock.now(),
        )
    return skipped


def _go_on(feed: DeltaFeedRow, number: int) -> None:
    feed.done = number
    # What still waits, for a later number, is noted again when it is looked at again.
    if feed.early is not None and feed.early <= number + 1:
        feed.early = None


def list_feeds() -> Sequence[DeltaFeedRow]:
    """Every feed with the last number that was applied or skipped, by name."""
    with reading() as session:
        return delta_files.list_feeds(session)
