"""
What each kind of data is called in plain words: one entry per scope, used by form, receipt and "Who has my data" alike.

The words follow the fields: an optional field adds its line only when it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cdsc_server.domain.catalogue import Catalogue, Scope


@dataclass(frozen=True)
class Words:
    """
    The words of one scope.

    Args:
        title: names it, as in "Energy use".
        sentence: what it opens, in one sentence; `{interval}` is how often the Customer's own meters measure.
        shows: what somebody can read from it; always visible.
        always: details that need no optional field.
        caution: what to tell before the choice; empty for nothing.
        made_up: an example for Customers who have no data yet.
        icon: one of the drawings of the pages.
    """

    title: str
    sentence: str
    shows: str
    always: tuple[str, ...]
    made_up: str
    caution: str = ""
    icon: str = "sheet"


WORDS: Final[Mapping[str, Words]] = {
    "usage_data": Words(
        "Energy use",
        "How much energy you used, measured every {interval}.",
        "It can show when people are at home or at work.",
        ("Whether each number was measured or worked out by us",),
        "Mill Street bakery, Tuesday 17 November 2026, 6:00 to 6:15 in the morning: 2.41 kWh.",
        "Energy use can show daily habits. If other people live or work at these addresses, please tell them.",
        "bars",
    ),
    "supply_details": Words(
        "Supply details",
        "Who supplies your energy, on which contract and price plan.",
        "It does not include your bills or how you pay.",
        ("Name of your supplier", "Kinds of service: electricity, gas or water"),
        "Demo Gas & Electric, contract 40-7719-01, Day Saver Business, since 1 March 2024.",
        "Supply details include contract numbers. Do not post them in public.",
        "sheet",
    ),
    "distribution_details": Words(
        "Meters and connection",
        "Where your energy is measured, and who runs the network.",
        "It can show if you have solar panels, a battery or a car charger.",
        ("Kind of each meter", "Which meter is at which connection, now and before"),
        "Ashford Grid, connection 8801-22, smart meter 71 334 902, 12 Mill Street.",
        icon="meter",
    ),
    "bill_statements": Words(
        "Your bills",
        "The bills of your accounts: their dates and what you had to pay.",
        "It can show what you pay, and whether you paid late.",
        ("Date of each bill, what is due and by when", "Account number on each bill"),
        "Mill Street bakery, bill of 3 November 2026: 212.40 USD, due by 24 November 2026.",
        "Bills hold account numbers. Do not post them in public.",
        "sheet",
    ),
    "service_bills": Words(
        "Charges for your services",
        "What each service cost on your bills, and how it was worked out.",
        "It can show how much energy you use in a month, and what you pay for it.",
        ("Use and cost of each service in each period", "Account number and contract number"),
        "Mill Street bakery, October 2026: 1,180 kWh, 193.52 USD.",
        "Charges name your contracts. Do not post them in public.",
        "sheet",
    ),
    "rate_plan": Words(
        "Price plan",
        "The name and code of the price plan you are on.",
        "It says what you pay for each unit, not how much you use.",
        ("Name and code of the plan", "Contract it belongs to"),
        "Day Saver Business, code DSB-2, since 1 March 2024.",
        icon="tag",
    ),
    "account_list": Words(
        "Your accounts",
        "A list of the accounts you have with us.",
        "It can show where you live or do business.",
        (),
        "Account 220 418, Lindqvist Bakeries, 12 Mill Street.",
        icon="sheet",
    ),
    "generation_mix": Words(
        "Where your energy comes from",
        "The share of wind, sun, gas and other sources in your power.",
        "It says little about you: it follows your price plan and the grid.",
        (),
        "October 2026, Mill Street bakery: 46% wind, 21% sun, 18% gas, 10% water, 5% other.",
        icon="pie",
    ),
}

#: Scopes that an operator named in another way are told in the words of their type.
_BY_TYPE: Final = {
    "cds_usage": "usage_data",
    "cds_service_contracts": "supply_details",
    "cds_meters": "distribution_details",
    "cds_rate_plan": "rate_plan",
    "cds_accounts": "account_list",
    "cds_bill_statements": "bill_statements",
    "cds_service_bills": "service_bills",
}

#: What each optional field adds to the details.
ADDS: Final[Mapping[str, str]] = {
    "include_accounts": "Which account it belongs to",
    "include_account_numbers": "Your account number and customer number",
    "include_account_details": "Name and address of the account, and the people to call or write to",
    "include_account_programs": "Programmes your account takes part in",
    "include_service_contracts": "Which service it belongs to",
    "include_contract_numbers": "Contract number",
    "include_rate_plans": "Name and code of your price plan",
    "include_service_contract_details": "Address of the service, start date and end date",
    "include_service_programs": "Programmes the service takes part in, such as solar buy-back",
    "include_service_points": "Which connection it belongs to",
    "include_premises": "The building or unit each connection is in",
    "include_service_point_addresses": "Address of each connection",
    "include_coordinates": "Where each connection is on the map",
    "include_meter_devices": "Which meter measured it",
    "include_meter_numbers": "Number of each meter",
    "include_meter_apps": "Apps installed on the meter, if any",
    "include_bill_statements": "The whole bills the charges stand on",
    "include_bill_section_line_items": "Each line of the charges, with its price",
    "include_bill_section_programs": "Programmes that changed the charges, such as solar buy-back",
    "include_bill_statement_files": "The bills themselves, as PDF files with all that is printed on them",
    "include_bill_statement_charges": "Each charge and credit on the bills, and what was owed and paid before",
    "include_bill_statement_programs": "Programmes that changed the bills, such as a payment plan",
}

#: What a kind of usage values adds, by type and attribution of its format.
_VALUES: Final[Mapping[tuple[str, str | None], str]] = {
    ("electric_usage", None): "How much electricity you used, and how much you sent back if you make your own",
    ("electric_demand", None): "The most power you drew at once",
    ("natural_gas_usage", None): "How much gas you used",
    ("water_usage", None): "How much water you used",
    ("fuel_oil_usage", None): "How much heating oil you used",
    ("cost", None): "What it cost",
    ("meter_readings", None): "What your meter showed",
    ("electric_supply_mix", "individual"): "Sources of the power your price plan buys",
    ("electric_supply_mix", "residual"): "Sources of what is left after others bought clean power",
    ("electric_supply_mix", "base"): "Sources of the grid around you",
}

#: Selection Type: heading, one, several, and what new ones are called.
KINDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "account_selection": ("Which accounts", "account", "accounts"),
    "service_contract_selection": ("Which services", "service", "services"),
    "servicepoint_selection": ("Which connections", "connection", "connections"),
    "meter_device_selection": ("Which meters", "meter", "meters"),
}


def words_of(scope: Scope) -> Words:
    """The words of a scope; of its type when it has none of its own, under the name the configuration gives it."""
    own = WORDS.get(scope.id)
    if own is not None:
        return own
    near = WORDS.get(_BY_TYPE.get(scope.type.id, ""))
    if near is None:
        return Words(scope.name, scope.description, "", (), "")
    return Words(scope.name, scope.description, near.shows, near.always, near.made_up, near.caution, near.icon)


def title_of(catalogue: Catalogue, scope_id: str) -> str:
    """The title of a scope, also of one that is no longer offered."""
    scope = catalogue.scope(scope_id)
    return scope_id.replace("_", " ").capitalize() if scope is None else words_of(scope).title


def details_of(scope: Scope, values: Mapping[str, Any]) -> tuple[str, ...]:
    """What is opened, line by line, for these values of the fields of one request or Grant."""
    lines = [*_value_lines(scope, values), *words_of(scope).always]
    lines += [text for name, text in ADDS.items() if values.get(name) is True and name in scope.fields]
    return tuple(dict.fromkeys(lines))


def _value_lines(scope: Scope, values: Mapping[str, Any]) -> list[str]:
    offered = scope.fields.get("include_usage_segment_value_types")
    asked = values.get("include_usage_segment_value_types")
    if offered is None or asked is None:
        return []
    lines = []
    for choice in offered.choices:
        if choice.id in asked and choice.value_format is not None:
            key = (choice.value_format["type"], choice.value_format.get("attribution"))
            lines.append(_VALUES.get(key, choice.name))
    return lines


def counted(kind: str, count: int) -> str:
    """A number of selected things, as in "3 services"."""
    _, one, several = KINDS[kind]
    return f"{count:,} {one if count == 1 else several}"


def listed(titles: list[str]) -> str:
    """Titles as part of a sentence: "Energy use, supply details and price plan"."""
    lowered = [titles[0], *(title[:1].lower() + title[1:] for title in titles[1:])] if titles else []
    return " and ".join(([", ".join(lowered[:-1])] if len(lowered) > 1 else []) + lowered[-1:])


@dataclass(frozen=True)
class Contents:
    """A section as it was worded: what form and receipt both show."""

    scope_id: str
    title: str
    sentence: str
    shows: str
    details: tuple[str, ...]
    icon: str
    caution: str = field(default="", compare=False)


def contents_of(scope: Scope, values: Mapping[str, Any], *, interval: str) -> Contents:
    """
    The section of a scope in words.

    Args:
        interval: how often the Customer's meters measure, as in "15 minutes"; empty when nothing was measured yet.
    """
    words = words_of(scope)
    sentence = words.sentence.replace(", measured every {interval}", f", measured every {interval}" if interval else "")
    return Contents(scope.id, words.title, sentence, words.shows, details_of(scope, values), words.icon, words.caution)
