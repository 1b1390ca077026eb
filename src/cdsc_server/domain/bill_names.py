"""Names of what stands on a bill, for those that the bill leaves without one (CDS-WG3-01 10.6.3, 10.6.5, 10.6.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

#: Words in place of a type's own ones.
_WORDS: Final = {
    "electric_usage": "electricity used",
    "water_usage": "water used",
    "natural_gas_usage": "gas used",
    "fuel_oil_usage": "fuel oil used",
    "electric_demand": "power drawn",
    "ami_reading": "read by a smart meter",
    "amr_reading": "read automatically",
    "analog_meter": "read from the meter",
    "customer_provided": "read by the customer",
    "forward": "from the grid",
    "reverse": "to the grid",
    "overall_total": "total",
    "subtotal": "subtotal",
}
#: Types that say what another member says in better words.
_SAID_BY: Final = {"time_of_use": "tou", "tiered": "tier", "directional": "direction", "seasonal": "season"}


def usage_name(detail: Mapping[str, Any]) -> str:
    """
    The name of a usage detail: its own, or one that says what it is, such as "Electricity used, off peak, <days>".

    Args:
        detail: sound, as it was handed in.
    """
    words = [detail.get(_SAID_BY.get(each, ""), each) for each in detail["types"]]
    if "electric_demand" in detail["types"]:
        words.append(detail["demand_type"])
    return detail.get("name") or _sentence(words, "value", detail)


def cost_name(detail: Mapping[str, Any]) -> str:
    """The name of a cost detail: its own, or one that says what it is, such as "Subtotal, distribution"."""
    return detail.get("name") or _sentence(detail["types"], "cost", detail)


def line_name(line: Mapping[str, Any]) -> str:
    """The name of a line, after the heading of the table it stands in: "Distribution - Usage"."""
    return " - ".join(filter(None, [line.get("heading"), line["name"]]))


def _sentence(words: Iterable[str], otherwise: str, detail: Mapping[str, Any]) -> str:
    told = [_WORDS.get(word, word.replace("_", " ")) for word in words] or [otherwise]
    days = f", {detail['start_date']} to {detail['end_date']}" if {"start_date", "end_date"} <= detail.keys() else ""
    return f"{told[0][0].upper()}{', '.join(told)[1:]}{days}"
