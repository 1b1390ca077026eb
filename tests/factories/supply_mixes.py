"""Supply mixes as they are handed in, with defaults that are sound."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.supply_mixes import mix_of
from cdsc_server.storage.supply_mixes import keep_mixes


def supply_mix(mix_id: str = "MIX-1", /, *, of: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """
    The mix of tariff T-1 in 2025, by UTC.

    Args:
        of: the shares of each source, as text; one that is not in a list is that of the whole period.
        members: others than those, or more of them; None leaves one out.
    """
    sources = [
        {"supply_type": source, "shares": [exact_json.loads(each) for each in _listed(shares)]}
        for source, shares in (of or {"wind": "0.70", "natural_gas": "0.3"}).items()
    ]
    plain = {
        "external_supply_mix_id": mix_id,
        "attribution": "individual",
        "external_tariff_id": "T-1",
        "timezone": "UTC",
        "start": "2025-01-01",
        "end": "2026-01-01",
        "sources": sources,
    }
    return {name: value for name, value in {**plain, **members}.items() if value is not None}


def store(session: Session, *mixes: dict[str, Any], at: datetime) -> None:
    """Store mixes as they are when they were handed in, which are sound."""
    keep_mixes(session, [(mix_of(each, created=at, modified=at), each["sources"]) for each in mixes], at=at)


def _listed(shares: Any) -> list[str]:
    return shares if isinstance(shares, list) else [shares]
