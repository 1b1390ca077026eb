"""Tariffs as they are handed in, one function each, with defaults that are sound."""

from __future__ import annotations

from typing import Any

from cdsc_server import exact_json


def tariff(tariff_id: str = "T-1", *energy: dict[str, Any], start: str = "2020-01-01", **fields: Any) -> dict[str, Any]:
    """A tariff of one version in UTC; `version` has more of its members."""
    version = {"start": start, "energy": list(energy) or [flat("0.25")], **fields.pop("version", {})}
    plain = {"external_tariff_id": tariff_id, "name": f"Name of {tariff_id}", "currency": "USD", "timezone": "UTC"}
    return _exact({**plain, "versions": [version], **fields})


def flat(price: str, line_id: str = "use", **fields: Any) -> dict[str, Any]:
    """A line with one price."""
    return energy(line_id, {"price": price}, **fields)


def energy(line_id: str, *prices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A line of what is drawn."""
    return {"id": line_id, "name": f"Name of {line_id}", "flow": "offtake", "prices": list(prices), **fields}


def on(contract_number: str, *tariffs: tuple[str, ...], **fields: Any) -> dict[str, Any]:
    """That a contract is on tariffs: of each its id, its first day and, where it ended, the day after."""
    keys = ("external_tariff_id", "start", "end")
    assigned = [dict(zip(keys, each, strict=False)) for each in tariffs or (("T-1", "2020-01-01"),)]
    return {"contract_number": contract_number, "tariffs": assigned, **fields}


def document(*tariffs: dict[str, Any], assignments: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A document of tariffs."""
    return {"tariffs": list(tariffs), **({} if assignments is None else {"assignments": assignments})}


def _exact(value: Any) -> Any:
    """Prices are texts above, so that no digit is lost, and numbers of JSON here."""
    numbers = ("price", "up_to", "amount", "percent")
    if isinstance(value, dict):
        return {
            name: exact_json.loads(each) if name in numbers and isinstance(each, str) else _exact(each)
            for name, each in value.items()
        }
    return [_exact(each) for each in value] if isinstance(value, list) else value
