"""Fields that bound what is shared in time (CDS-WG3-01 7.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdsc_server.domain.detail_fields.field import DetailField


@dataclass(frozen=True)
class Window:
    """Two fields that bound the same thing in time."""

    start: str
    end: str


#: Bounds of usage are instants and the end is outside; bounds of bills are days and both are inside.
SEGMENTS: Final = Window("segment_start", "segment_end")
STATEMENTS: Final = Window("statement_date_start", "statement_date_end")
SECTIONS: Final = Window("start_date", "end_date")
WINDOWS: Final = (SEGMENTS, STATEMENTS, SECTIONS)


def _until(
    field_id: str, section: str, name: str, description: str, *, sign: int, default: str, dates: bool = False
) -> DetailField:
    return DetailField(
        field_id,
        "duration",
        "relative_or_absolute_date" if dates else "relative_or_absolute_datetime",
        section,
        name,
        description,
        default=default,
        maximum="infinite",
        minimum="P0D" if dates else "PT0S",
        sign=sign,
    )


DURATIONS: Final = (
    _until(
        "sync_until",
        "7.3.1",
        "Kept up to date until",
        "Until when changes are shared.",
        sign=+1,
        default="infinite",
    ),
    _until(
        STATEMENTS.start,
        "7.3.2",
        "Bills from",
        "The date of the oldest bill that is shared.",
        sign=-1,
        default="P1Y",
        dates=True,
    ),
    _until(
        STATEMENTS.end,
        "7.3.3",
        "Bills until",
        "The date of the newest bill that is shared.",
        sign=+1,
        default="infinite",
        dates=True,
    ),
    _until(
        SECTIONS.start,
        "7.3.4",
        "Service charges from",
        "The first day of service of the oldest charges that are shared.",
        sign=-1,
        default="P1Y",
        dates=True,
    ),
    _until(
        SECTIONS.end,
        "7.3.5",
        "Service charges until",
        "The last day of service of the newest charges that are shared.",
        sign=+1,
        default="infinite",
        dates=True,
    ),
    _until(SEGMENTS.start, "7.3.6", "Usage from", "How far back usage is shared.", sign=-1, default="P1Y"),
    _until(SEGMENTS.end, "7.3.7", "Usage until", "Until when usage is shared.", sign=+1, default="infinite"),
    _until("expires", "7.3.8", "Ends", "When the Grant ends, and what it gave.", sign=+1, default="infinite"),
)
