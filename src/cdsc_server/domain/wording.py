"""
What each kind of data is called in plain words: one entry per scope, used by form, receipt and "Who has my data" alike.

Words are kept in English and told in the language spoken now.

The words follow the fields: an optional field adds its line only when it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.usage import MIX
from cdsc_server.languages import gettext, language, listed, marked, marked_plural, ngettext


@dataclass(frozen=True)
class Words:
    """
    The words of one scope.

    Args:
        title: names it, as in "Energy use".
        sentence: what it opens, in one sentence.
        shows: what somebody can read from it; always visible.
        always: details that need no optional field.
        caution: what to tell before the choice; empty for nothing.
        made_up: an example for Customers who have no data yet.
        icon: one of the drawings of the pages.
        measured: the sentence when it is known how often the Customer's own meters measure, `%(interval)s`.
    """

    title: str
    sentence: str
    shows: str
    always: tuple[str, ...]
    made_up: str
    caution: str = ""
    icon: str = "sheet"
    measured: str = ""


WORDS: Final[Mapping[str, Words]] = {
    "usage_data": Words(
        marked("Energy use"),
        marked("How much energy you used."),
        marked("It can show when people are at home or at work."),
        (marked("Whether each number was measured or worked out by us"),),
        marked("Mill Street bakery, Tuesday 17 November 2026, 6:00 to 6:15 in the morning: 2.41 kWh."),
        marked("Energy use can show daily habits. If other people live or work at these addresses, please tell them."),
        "bars",
        marked("How much energy you used, measured every %(interval)s."),
    ),
    "supply_details": Words(
        marked("Supply details"),
        marked("Who supplies your energy, on which contract and price plan."),
        marked("It does not include your bills or how you pay."),
        (marked("Name of your supplier"), marked("Kinds of service: electricity, gas or water")),
        marked("Demo Gas & Electric, contract 40-7719-01, Day Saver Business, since 1 March 2024."),
        marked("Supply details include contract numbers. Do not post them in public."),
        "sheet",
    ),
    "distribution_details": Words(
        marked("Meters and connection"),
        marked("Where your energy is measured, and who runs the network."),
        marked("It can show if you have solar panels, a battery or a car charger."),
        (marked("Kind of each meter"), marked("Which meter is at which connection, now and before")),
        marked("Ashford Grid, connection 8801-22, smart meter 71 334 902, 12 Mill Street."),
        icon="meter",
    ),
    "bill_statements": Words(
        marked("Your bills"),
        marked("The bills of your accounts: their dates and what you had to pay."),
        marked("It can show what you pay, and whether you paid late."),
        (marked("Date of each bill, what is due and by when"), marked("Account number on each bill")),
        marked("Mill Street bakery, bill of 3 November 2026: 212.40 USD, due by 24 November 2026."),
        marked("Bills hold account numbers. Do not post them in public."),
        "sheet",
    ),
    "amount_due": Words(
        marked("What is to pay"),
        marked("Your last bill and those to come: what is to pay, and by when."),
        marked("It can show what you pay, and whether you paid late."),
        (marked("Date of each bill, what is due and by when"), marked("Account number on each bill")),
        marked("Mill Street bakery, bill of 3 November 2026: 212.40 USD, due by 24 November 2026."),
        marked("Bills hold account numbers. Do not post them in public."),
        "sheet",
    ),
    "service_bills": Words(
        marked("Charges for your services"),
        marked("What each service cost on your bills, and how it was worked out."),
        marked("It can show how much energy you use in a month, and what you pay for it."),
        (marked("Use and cost of each service in each period"), marked("Account number and contract number")),
        marked("Mill Street bakery, October 2026: 1,180 kWh, 193.52 USD."),
        marked("Charges name your contracts. Do not post them in public."),
        "sheet",
    ),
    "rate_plan": Words(
        marked("Price plan"),
        marked("The name and code of the price plan you are on."),
        marked("It says what you pay for each unit, not how much you use."),
        (marked("Name and code of the plan"), marked("Contract it belongs to")),
        marked("Day Saver Business, code DSB-2, since 1 March 2024."),
        icon="tag",
    ),
    "account_programs": Words(
        marked("Programmes of your accounts"),
        marked("Which programmes your accounts take part in, such as level bills or a discount."),
        marked("It can show that you get help with your bills."),
        (
            marked("Name of each programme, and since when you take part"),
            marked("Only the programmes the app names"),
        ),
        marked("Account 220 418 has level bills since 1 March 2024."),
        icon="tag",
    ),
    "service_programs": Words(
        marked("Programmes of your services"),
        marked("Which programmes your services take part in, such as solar buy-back."),
        marked("It can show if you have solar panels, a battery or a car charger."),
        (
            marked("Name of each programme, and since when you take part"),
            marked("Only the programmes the app names"),
        ),
        marked("12 Mill Street has solar credit since 1 March 2024."),
        icon="tag",
    ),
    "aggregation_consent": Words(
        marked("Counted in a total"),
        marked("Your use counts towards the total of a building or area."),
        marked("Few homes or shops are in this total, so somebody could work out part of your use from it."),
        (marked("The total of all together, never your own numbers"),),
        marked("17 Mill Street, eight flats together: 2,310 kWh in October 2026."),
        icon="bars",
    ),
    "account_list": Words(
        marked("Your accounts"),
        marked("A list of the accounts you have with us."),
        marked("It can show where you live or do business."),
        (),
        marked("Account 220 418, Lindqvist Bakeries, 12 Mill Street."),
        icon="sheet",
    ),
    "generation_mix": Words(
        marked("Where your energy comes from"),
        marked("The share of wind, sun, gas and other sources in your power."),
        marked("It says little about you: it follows your price plan and the grid."),
        (),
        marked("October 2026, Mill Street bakery: 46% wind, 21% sun, 18% gas, 10% water, 5% other."),
        icon="pie",
    ),
}

#: Scopes that an operator named in another way are told in the words of their type.
_BY_TYPE: Final = {
    "cds_usage": "usage_data",
    "cds_service_contracts": "supply_details",
    "cds_meters": "distribution_details",
    "cds_rate_plan": "rate_plan",
    "cds_account_programs": "account_programs",
    "cds_service_programs": "service_programs",
    "cds_accounts": "account_list",
    "cds_bill_statements": "bill_statements",
    "cds_service_bills": "service_bills",
    "cds_aggregation_consent": "aggregation_consent",
}

#: What scopes for direct access open of one Customer, in the words of what that one would share on the form.
_DIRECT: Final = {
    "cds_query_accounts": "account_list",
    "cds_query_service_contracts": "supply_details",
    "cds_query_service_points": "distribution_details",
    "cds_query_meter_devices": "distribution_details",
    "cds_query_bill_statements": "bill_statements",
    "cds_query_bill_sections": "service_bills",
    "cds_query_usage": "usage_data",
}

#: What a scope tells of the members of a group, in the same words.
_OF_MEMBERS: Final = {
    "include_service_contracts": "supply_details",
    "include_service_points": "distribution_details",
    "include_meter_devices": "distribution_details",
}

#: What each optional field adds to the details.
ADDS: Final[Mapping[str, str]] = {
    "include_accounts": marked("Which account it belongs to"),
    "include_account_numbers": marked("Your account number and customer number"),
    "include_account_details": marked("Name and address of the account, and the people to call or write to"),
    "include_account_programs": marked("Programmes your account takes part in"),
    "include_service_contracts": marked("Which service it belongs to"),
    "include_contract_numbers": marked("Contract number"),
    "include_rate_plans": marked("Name and code of your price plan"),
    "include_service_contract_details": marked("Address of the service, start date and end date"),
    "include_service_programs": marked("Programmes the service takes part in, such as solar buy-back"),
    "include_service_points": marked("Which connection it belongs to"),
    "include_premises": marked("The building or unit each connection is in"),
    "include_service_point_addresses": marked("Address of each connection"),
    "include_coordinates": marked("Where each connection is on the map"),
    "include_meter_devices": marked("Which meter measured it"),
    "include_meter_numbers": marked("Number of each meter"),
    "include_meter_apps": marked("Apps installed on the meter, if any"),
    "include_eacs": marked("Certificates that prove clean power was bought for you"),
    "include_aggregations": marked("Buildings and areas whose total it counts towards"),
    "include_aggregation_addresses": marked("Addresses of these buildings"),
    "include_bill_statements": marked("The whole bills the charges stand on"),
    "include_bill_sections": marked("What each service cost"),
    "include_usage_segments": marked("How much energy you used"),
    "include_bill_section_line_items": marked("Each line of the charges, with its price"),
    "include_bill_section_programs": marked("Programmes that changed the charges, such as solar buy-back"),
    "include_bill_statement_files": marked("The bills themselves, as PDF files with all that is printed on them"),
    "include_bill_statement_charges": marked("Each charge and credit on the bills, and what was owed and paid before"),
    "include_bill_statement_programs": marked("Programmes that changed the bills, such as a payment plan"),
}

#: What a kind of usage values adds, by type and attribution of its format.
_VALUES: Final[Mapping[tuple[str, str | None], str]] = {
    ("electric_usage", None): marked("How much electricity you used, and how much you sent back if you make your own"),
    ("electric_demand", None): marked("The most power you drew at once"),
    ("natural_gas_usage", None): marked("How much gas you used"),
    ("water_usage", None): marked("How much water you used"),
    ("fuel_oil_usage", None): marked("How much heating oil you used"),
    ("cost", None): marked("What it cost"),
    ("meter_readings", None): marked("What your meter showed"),
    ("electric_supply_mix", "individual"): marked("Sources of the power your price plan buys"),
    ("electric_supply_mix", "residual"): marked("Sources of what is left after others bought clean power"),
    ("electric_supply_mix", "base"): marked("Sources of the grid around you"),
}


@dataclass(frozen=True)
class KindWords:
    """
    The words of a Selection Type.

    Args:
        heading: of its lists.
        counted, covered: a number of them, without and with what comes later; one and several.
        future: lets what comes later be shared too.
        later: says that it is.
        none: of a Customer who has none.
        lacking, or_leave: nothing is ticked, in a section that must stay and in one that may go; `%(title)s` names it.
    """

    heading: str
    counted: tuple[str, str]
    covered: tuple[str, str]
    future: str
    later: str
    none: str
    lacking: str
    or_leave: str


#: By Selection Type.
KINDS: Final[Mapping[str, KindWords]] = {
    "account_selection": KindWords(
        marked("Which accounts"),
        marked_plural("%(count)s account", "%(count)s accounts"),
        marked_plural(
            "%(count)s account, and accounts you add later", "%(count)s accounts, and accounts you add later"
        ),
        marked("Also share accounts I add later"),
        marked("Accounts you add later are shared too."),
        marked("You have no accounts with us."),
        marked("%(title)s: tick at least one account"),
        marked("%(title)s: tick at least one account, or leave this part out"),
    ),
    "service_contract_selection": KindWords(
        marked("Which services"),
        marked_plural("%(count)s service", "%(count)s services"),
        marked_plural(
            "%(count)s service, and services you add later", "%(count)s services, and services you add later"
        ),
        marked("Also share services I add later"),
        marked("Services you add later are shared too."),
        marked("You have no services with us."),
        marked("%(title)s: tick at least one service"),
        marked("%(title)s: tick at least one service, or leave this part out"),
    ),
    "servicepoint_selection": KindWords(
        marked("Which connections"),
        marked_plural("%(count)s connection", "%(count)s connections"),
        marked_plural(
            "%(count)s connection, and connections you add later",
            "%(count)s connections, and connections you add later",
        ),
        marked("Also share connections I add later"),
        marked("Connections you add later are shared too."),
        marked("You have no connections with us."),
        marked("%(title)s: tick at least one connection"),
        marked("%(title)s: tick at least one connection, or leave this part out"),
    ),
    "meter_device_selection": KindWords(
        marked("Which meters"),
        marked_plural("%(count)s meter", "%(count)s meters"),
        marked_plural("%(count)s meter, and meters you add later", "%(count)s meters, and meters you add later"),
        marked("Also share meters I add later"),
        marked("Meters you add later are shared too."),
        marked("You have no meters with us."),
        marked("%(title)s: tick at least one meter"),
        marked("%(title)s: tick at least one meter, or leave this part out"),
    ),
    "aggregation_selection": KindWords(
        marked("Which totals"),
        marked_plural("%(count)s total", "%(count)s totals"),
        marked_plural("%(count)s total, and totals you add later", "%(count)s totals, and totals you add later"),
        marked("Also share totals I add later"),
        marked("Totals you add later are shared too."),
        marked("Nothing of yours counts towards a total."),
        marked("%(title)s: tick at least one total"),
        marked("%(title)s: tick at least one total, or leave this part out"),
    ),
}


def words_of(scope: Scope) -> Words:
    """The words of a scope; of its type when it has none of its own, under the name the configuration gives it."""
    own = WORDS.get(scope.id)
    if own is not None:
        return _told(own)
    near = WORDS.get(_BY_TYPE.get(scope.type.id, ""))
    if near is None:
        return Words(scope.name, scope.description, "", (), "")
    return replace(_told(near), title=scope.name, sentence=scope.description, measured="")


def _told(words: Words) -> Words:
    """The words in the language spoken now, but for `measured`, which has a place to fill."""
    return replace(
        words,
        title=gettext(words.title),
        sentence=gettext(words.sentence),
        shows=gettext(words.shows),
        always=tuple(gettext(line) for line in words.always),
        made_up=gettext(words.made_up),
        caution=gettext(words.caution) if words.caution else "",
    )


def direct_words(scopes: Iterable[Scope]) -> list[Words]:
    """The words of what scopes for direct access open of one Customer, each once."""
    names = dict.fromkeys(_DIRECT[scope.type.id] for scope in scopes if scope.type.id in _DIRECT)
    return [_told(WORDS[name]) for name in names]


def member_words(fields: Iterable[str]) -> list[Words]:
    """The words of what a scope with these fields opens of each member of a group, each once."""
    names = dict.fromkeys(_OF_MEMBERS[name] for name in fields if name in _OF_MEMBERS)
    return [_told(WORDS[name]) for name in names]


def title_of(catalogue: Catalogue, scope_id: str) -> str:
    """The title of a scope, also of one that is no longer offered."""
    scope = catalogue.scope(scope_id)
    return scope_id.replace("_", " ").capitalize() if scope is None else words_of(scope).title


def details_of(scope: Scope, values: Mapping[str, Any]) -> tuple[str, ...]:
    """What is opened, line by line, for these values of the fields of one request or Grant."""
    lines = [*_value_lines(scope, values), *words_of(scope).always]
    lines += [gettext(text) for name, text in ADDS.items() if values.get(name) is True and name in scope.fields]
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
            lines.append(gettext(_VALUES[key]) if key in _VALUES else choice.name)
    return lines


def counted(kind: str, count: int) -> str:
    """A number of selected things, as in "3 services"."""
    return ngettext(*KINDS[kind].counted, count)


def covered(kind: str, count: int, *, future: bool) -> str:
    """As `counted`, telling that what comes later belongs to it, as in "3 services, and services you add later"."""
    return ngettext(*KINDS[kind].covered, count) if future else counted(kind, count)


def in_words(titles: list[str]) -> str:
    """Titles as part of a sentence: "Energy use, supply details and price plan"."""
    # A title begins with a capital letter, which German keeps inside a sentence.
    rest = titles[1:] if language() == "de" else [title[:1].lower() + title[1:] for title in titles[1:]]
    return listed([*titles[:1], *rest])


#: Kinds of a supply mix.
_SOURCES: Final[Mapping[str, str]] = {
    "general": marked("all sources"),
    "carbonfree": marked("carbon-free"),
    "peaker": marked("peak power plants"),
    "solar": marked("sun"),
    "wind": marked("wind"),
    "hydro": marked("water power"),
    "geothermal": marked("heat of the earth"),
    "biomass": marked("biomass"),
    "nuclear": marked("nuclear"),
    "storage": marked("storage"),
    "demand_management": marked("savings of others"),
    "distributed": marked("small producers"),
    "natural_gas": marked("gas"),
    "coal": marked("coal"),
    "oil": marked("oil"),
}


def mix_words(attribution: str) -> str:
    """What a supply mix of an attribution is of, in plain words."""
    words = _VALUES[MIX, attribution]
    return gettext(words)


def source_words(supply_type: str) -> str:
    """A source of power in plain words; as it is spelled when we have none."""
    found = _SOURCES.get(supply_type)
    return supply_type.replace("_", " ") if found is None else gettext(found)


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
    sentence = gettext(words.measured, interval=interval) if interval and words.measured else words.sentence
    return Contents(scope.id, words.title, sentence, words.shows, details_of(scope, values), words.icon, words.caution)
