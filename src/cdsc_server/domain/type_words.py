"""Kinds of services, connections and meters in plain words (CDS-WG3-01 9.2.3, 10.2.4, 10.3.2, 10.4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cdsc_server.languages import gettext, marked

_COMMODITIES: Final = {
    "electric": marked("electricity"),
    "natural_gas": marked("gas"),
    "water": marked("water"),
    "fuel_oil": marked("heating oil"),
}

SERVICES: Final[Mapping[str, str]] = {
    **_COMMODITIES,
    "waste_water": marked("waste water"),
    "solid_waste": marked("refuse collection"),
    "generation": marked("power sent to the grid"),
    "distribution": marked("delivery"),
    "supply": marked("supply"),
    "residential": marked("home"),
    "commercial": marked("business"),
    "industrial": marked("industry"),
    "agriculture": marked("farm"),
    "metered": marked("with a meter"),
    "unmetered": marked("without a meter"),
}

#: Kinds of groups that mean something to people in them (10.7.2).
GROUPS: Final[Mapping[str, str]] = {
    "building": marked("building"),
    "region": marked("area"),
    "local": marked("neighbourhood"),
    "municipality": marked("town"),
    "province": marked("province"),
    "country": marked("country"),
}

CONNECTIONS: Final[Mapping[str, str]] = {
    **_COMMODITIES,
    "single_service": marked("one service"),
    "multi_service": marked("several services"),
    "physical": marked("a real place"),
    "virtual": marked("on paper only"),
    "edge": marked("where the grid ends and you begin"),
    "internal": marked("inside the grid"),
}

METERS: Final[Mapping[str, str]] = {
    **{f"{name}_usage": words for name, words in _COMMODITIES.items()},
    "electric_demand": marked("most power drawn at once"),
    "forward_only": marked("counts what you draw"),
    "reverse_only": marked("counts what you send back"),
    "bidirectional": marked("counts both ways"),
    "physical_meter": marked("a real meter"),
    "virtual_meter": marked("worked out from other meters"),
    "ami_meter": marked("smart meter"),
    "amr_meter": marked("read by radio"),
    "analog_meter": marked("read by eye"),
    "wifi_capable": marked("can use Wi-Fi"),
    "wifi_enabled": marked("Wi-Fi is on"),
    "wifi_configured": marked("Wi-Fi is set up"),
    "zigbee_capable": marked("can use Zigbee"),
    "zigbee_enabled": marked("Zigbee is on"),
    "zigbee_configured": marked("Zigbee is set up"),
    "central_apps_capable": marked("can run our apps"),
    "customer_apps_capable": marked("can run apps you choose"),
}


def in_words(known: Mapping[str, str], types: Iterable[str]) -> str:
    """
    Every type in plain words, in the order of the table; one of the utility's own, which has none, as it is spelled.

    Returns:
        A text such as "Electricity, delivery, supply"; empty for no types.
    """
    given = tuple(types)
    words = [gettext(word) for name, word in known.items() if name in given]
    words += [name.replace("_", " ") for name in given if name not in known]
    told = ", ".join(words)
    return told[:1].upper() + told[1:]
