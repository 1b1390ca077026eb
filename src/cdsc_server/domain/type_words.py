"""Kinds of services, connections and meters in plain words (CDS-WG3-01 9.2.3, 10.2.4, 10.3.2, 10.4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

_COMMODITIES: Final = {
    "electric": "electricity",
    "natural_gas": "gas",
    "water": "water",
    "fuel_oil": "heating oil",
}

SERVICES: Final[Mapping[str, str]] = {
    **_COMMODITIES,
    "waste_water": "waste water",
    "solid_waste": "refuse collection",
    "generation": "power sent to the grid",
    "distribution": "delivery",
    "supply": "supply",
    "residential": "home",
    "commercial": "business",
    "industrial": "industry",
    "agriculture": "farm",
    "metered": "with a meter",
    "unmetered": "without a meter",
}

CONNECTIONS: Final[Mapping[str, str]] = {
    **_COMMODITIES,
    "single_service": "one service",
    "multi_service": "several services",
    "physical": "a real place",
    "virtual": "on paper only",
    "edge": "where the grid ends and you begin",
    "internal": "inside the grid",
}

METERS: Final[Mapping[str, str]] = {
    **{f"{name}_usage": words for name, words in _COMMODITIES.items()},
    "electric_demand": "most power drawn at once",
    "forward_only": "counts what you draw",
    "reverse_only": "counts what you send back",
    "bidirectional": "counts both ways",
    "physical_meter": "a real meter",
    "virtual_meter": "worked out from other meters",
    "ami_meter": "smart meter",
    "amr_meter": "read by radio",
    "analog_meter": "read by eye",
    "wifi_capable": "can use Wi-Fi",
    "wifi_enabled": "Wi-Fi is on",
    "wifi_configured": "Wi-Fi is set up",
    "zigbee_capable": "can use Zigbee",
    "zigbee_enabled": "Zigbee is on",
    "zigbee_configured": "Zigbee is set up",
    "central_apps_capable": "can run our apps",
    "customer_apps_capable": "can run apps you choose",
}


def in_words(known: Mapping[str, str], types: Iterable[str]) -> str:
    """
    Every type in plain words, in the order of the table; one of the utility's own, which has none, as it is spelled.

    Returns:
        A text such as "Electricity, delivery, supply"; empty for no types.
    """
    given = tuple(types)
    words = [word for name, word in known.items() if name in given]
    words += [name.replace("_", " ") for name in given if name not in known]
    told = ", ".join(words)
    return told[:1].upper() + told[1:]
