"""As of when the data of a file holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.shapes import Fault
from cdsc_server.errors import FaultyFile


def said_as_of(document: Mapping[str, Any], *, now: datetime) -> datetime:
    """
    The instant that a document says its data holds as of; now where it says none.

    Args:
        document: in the right shape.

    Raises:
        FaultyFile: it is later than now.

    Spec: CDS-WG3-01 7.3.1.
    """
    if "as_of" not in document:
        return now
    at = read_datetime(document["as_of"])
    if at > now:
        raise FaultyFile([str(Fault("as_of", "must not be later than now"))])
    return at
