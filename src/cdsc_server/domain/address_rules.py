"""How addresses are written in the countries we know; elsewhere a street and a number are enough."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from cdsc_server.domain.addresses import AddressRules

_DIRECTIONS: Final = {
    "n": "north",
    "s": "south",
    "e": "east",
    "w": "west",
    "ne": "northeast",
    "nw": "northwest",
    "se": "southeast",
    "sw": "southwest",
}
_US_KINDS: Final = {
    "aly": "alley",
    "ave": "avenue",
    "av": "avenue",
    "blvd": "boulevard",
    "cir": "circle",
    "ct": "court",
    "cres": "crescent",
    "dr": "drive",
    "expy": "expressway",
    "hwy": "highway",
    "ln": "lane",
    "pkwy": "parkway",
    "pl": "place",
    "plz": "plaza",
    "rd": "road",
    "sq": "square",
    "st": "street",
    "ter": "terrace",
    "trl": "trail",
}
_US_UNITS: Final = {
    "#": "unit",
    "apt": "apartment",
    "bldg": "building",
    "fl": "floor",
    "rm": "room",
    "ste": "suite",
}
_US_STATES: Final = {
    "al": "alabama", "ak": "alaska", "az": "arizona", "ar": "arkansas", "ca": "california", "co": "colorado",
    "ct": "connecticut", "de": "delaware", "dc": "district of columbia", "fl": "florida", "ga": "georgia",
    "hi": "hawaii", "id": "idaho", "il": "illinois", "in": "indiana", "ia": "iowa", "ks": "kansas", "ky": "kentucky",
    "la": "louisiana", "me": "maine", "md": "maryland", "ma": "massachusetts", "mi": "michigan", "mn": "minnesota",
    "ms": "mississippi", "mo": "missouri", "mt": "montana", "ne": "nebraska", "nv": "nevada", "nh": "new hampshire",
    "nj": "new jersey", "nm": "new mexico", "ny": "new york", "nc": "north carolina", "nd": "north dakota",
    "oh": "ohio", "ok": "oklahoma", "or": "oregon", "pa": "pennsylvania", "pr": "puerto rico", "ri": "rhode island",
    "sc": "south carolina", "sd": "south dakota", "tn": "tennessee", "tx": "texas", "ut": "utah", "vt": "vermont",
    "va": "virginia", "wa": "washington", "wv": "west virginia", "wi": "wisconsin", "wy": "wyoming",
}  # fmt: skip
_UK_KINDS: Final = {
    "ave": "avenue",
    "cl": "close",
    "cres": "crescent",
    "ct": "court",
    "dr": "drive",
    "gdns": "gardens",
    "gr": "grove",
    "la": "lane",
    "pl": "place",
    "rd": "road",
    "sq": "square",
    "st": "street",
    "ter": "terrace",
}

#: A number, no distance, and a word that is a kind of street.
_NUMBER_FIRST: Final = (
    r"\d+[a-z]?(?:[-/]\d+[a-z]?)? (?!(?:mi|miles?|ft|feet|yd|yards?|km|m) )(?:.* )?(?:{kinds})(?: .*)?"
)
#: A name, then a number.
_NUMBER_LAST: Final = r"[^\d ].* \d+ ?[a-z]?(?:[-/]\d+ ?[a-z]?)?"
_UNIT: Final = r"(?:unit|apartment|building|floor|room|suite|flat) \S+"


def _number_first(kinds: dict[str, str]) -> re.Pattern[str]:
    return re.compile(_NUMBER_FIRST.format(kinds="|".join(sorted({*kinds.values(), "row", "way", "walk"}))))


RULES: Final = MappingProxyType(
    {
        rules.country: rules
        for rules in (
            AddressRules(
                "US",
                _number_first(_US_KINDS),
                "{street address and unit}, {city}, {state}, {ZIP code}, {country, if stored}",
                (
                    "Acme Co., 123 Main  St. #234\nAnytown, CA 90001",
                    "41 N Orchard Ln\nAshford Bay, NY 10999",
                    "Acme Farm Irrigation, 12 mi  North on FM 5555\n150 ft West into the field",
                ),
                unit=re.compile(_UNIT),
                street_words={**_US_KINDS, **_US_UNITS, **_DIRECTIONS},
                kinds=frozenset(_US_KINDS.values()),
                before_kind={"st": "saint"},
                place_words={"st": "saint", "ft": "fort", "mt": "mount", "us": "united states", "usa": "united states"},
                regions=_US_STATES,
            ),
            AddressRules(
                "GB",
                _number_first(_UK_KINDS),
                "{number and street}, {town}, {postcode, if on a line of its own}, {country, if stored}",
                ("Flat 3, 10 High St.\nAshford\nTN23 1AA", "Pumping station\nField behind the mill"),
                unit=re.compile(_UNIT),
                street_words={**_UK_KINDS, **_DIRECTIONS},
                kinds=frozenset(_UK_KINDS.values()),
                before_kind={"st": "saint"},
                place_words={"st": "saint", "uk": "united kingdom"},
            ),
            AddressRules(
                "DE",
                re.compile(_NUMBER_LAST),
                "{Straße und Hausnummer}, {Postleitzahl und Ort}, {Land, falls gespeichert}",
                ("Erika Mustermann\nHauptstr. 5a\n10115 Berlin", "Pumpwerk hinter dem Deich"),
                street_words={"str": "straße", "pl": "platz", "st": "sankt"},
                endings={"str.": "straße", "str": "straße", "pl.": "platz", "strasse": "straße"},
                place_words={"st": "sankt"},
            ),
            AddressRules(
                "FR",
                re.compile(
                    r"\d+(?: ?(?:bis|ter|quater|[a-d]))? (?:.* )?"
                    r"(?:allée|avenue|boulevard|chemin|cours|impasse|passage|place|quai|route|rue|square)(?: .*)?"
                ),
                "{numéro et voie}, {code postal et ville}, {pays, si enregistré}",
                ("Marie Dupont\n12 bis av. de la République\n75011 Paris", "Pompage, derrière le moulin"),
                street_words={
                    "all": "allée",
                    "av": "avenue",
                    "bd": "boulevard",
                    "boul": "boulevard",
                    "ch": "chemin",
                    "imp": "impasse",
                    "pl": "place",
                    "rte": "route",
                    "r": "rue",
                    "st": "saint",
                    "ste": "sainte",
                },
                place_words={"st": "saint", "ste": "sainte"},
            ),
            AddressRules(
                "ES",
                re.compile(_NUMBER_LAST),
                "{vía y número}, {código postal y localidad}, {país, si consta}",
                ("Ana García\nC/ Mayor 5\n28013 Madrid", "Bombeo, junto al molino"),
                street_words={
                    "av": "avenida",
                    "avda": "avenida",
                    "c/": "calle",
                    "ctra": "carretera",
                    "pl": "plaza",
                    "pza": "plaza",
                    "sta": "santa",
                    "sto": "santo",
                },
                place_words={"sta": "santa", "sto": "santo"},
            ),
        )
    }
)


def rules_of(country: str) -> AddressRules:
    """The rules of a country; plain ones where we know none."""
    anywhere = re.compile(rf"\d+[a-z]? \S.*|{_NUMBER_LAST}")
    return RULES.get(country) or AddressRules(
        country, anywhere, "{street and number}, {town}", ("5 Main Street\nAnytown", "Behind the mill")
    )
