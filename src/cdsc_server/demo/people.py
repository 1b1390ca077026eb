"""The cast of the demonstration: who the Customers are, what they have, and how they use it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cdsc_server.demo.shapes import Electric, Gas, Water

PASSWORD: Final = "demo-password"  # noqa: S105 - printed at every start; such accounts exist in the demonstration only

#: Works at the utility: signs in at the console, and only there.
OPERATOR: Final = "olga@dge.example"

#: Holds the Green Button samples that come with the source, when they are there.
SAMPLES_USERNAME: Final = "samples@example.com"

_WEEKDAYS = frozenset(range(5))
_NOT_SUNDAY = frozenset(range(6))


@dataclass(frozen=True)
class Plan:
    """
    A price plan; money in ten-thousandths of a dollar.

    Attributes:
        rate: for each kWh or therm, or each thousand gallons.
        peak_rate: the same on weekdays from 16 to 21; equal to `rate` when there are no such hours.
        fixed: for each month.
        green: share of the power that the plan buys from wind, sun and water itself.
        steps: so many kWh of a month cost `rate`, those after them `over`; 0 where all cost the same.
    """

    code: str
    name: str
    rate: int
    peak_rate: int
    fixed: int
    green: float = 0
    steps: int = 0
    over: int = 0


STANDARD: Final = Plan("E-STD", "Standard Electric", 1640, 1640, 120_000)
TIME_OF_USE: Final = Plan("E-TOU", "Evening Saver", 1420, 2860, 120_000)
GREEN: Final = Plan("E-GREEN", "Green Choice", 1790, 1790, 120_000, green=1.0)
SOLAR: Final = Plan("E-SOLAR", "Solar Partner", 1510, 2540, 150_000, green=0.5)
STEPS: Final = Plan("E-STEP", "First Kilowatt-hours", 1210, 1210, 120_000, steps=300, over=2190)
BUSINESS: Final = Plan("E-BUS", "Small Business Electric", 1530, 1980, 310_000)
LARGE: Final = Plan("E-LRG", "Large Power", 1180, 1560, 1_250_000, green=0.3)
GAS_HOME: Final = Plan("G-RES", "Home Gas", 13_400, 13_400, 95_000)
GAS_BUSINESS: Final = Plan("G-BUS", "Business Gas", 11_900, 11_900, 240_000)
WATER_HOME: Final = Plan("W-RES", "Home Water", 61_000, 61_000, 180_000)


@dataclass(frozen=True)
class Service:
    """
    One contract at one place.

    Attributes:
        label: the Customer's own name for it.
        priced: whether the cost of every interval is kept beside the use.
        hourly_mix: whether the supply mix is known by the hour; otherwise as its plan's, by the month.
        swapped: the meter was replaced, so many months before the demonstration was made.
        analog: read once a day rather than every hour or quarter of an hour.
        premise: number of the building; empty where nobody else is in it.
    """

    label: str
    address: str
    use: Electric | Gas | Water
    plan: Plan
    priced: bool = False
    hourly_mix: bool = False
    swapped: int = 0
    analog: bool = False
    premise: str = ""


@dataclass(frozen=True)
class Account:
    """A billing account; `parent` names the account that groups it."""

    name: str
    kind: str
    services: tuple[Service, ...]
    parent: str | None = None


@dataclass(frozen=True)
class Person:
    """
    A Customer who can sign in.

    Attributes:
        note: what makes this Customer worth a look, for the table at the start.
        moved_in: so many months before the demonstration was made; 0 is before all history.
        real: counts as a real Customer, whom Clients in production ask and those of the sandbox never meet.
    """

    username: str
    name: str
    accounts: tuple[Account, ...]
    note: str
    moved_in: int = 0
    real: bool = False


def _home(address: str, scale: float = 1.0, *, plan: Plan = STANDARD, **more: float) -> Service:
    use = Electric(base=170 * scale, morning=450 * scale, evening=900 * scale, cooling=110 * scale)
    use = replace(use, **more)  # type: ignore[arg-type]
    return Service("Home", address, use, plan)


def _household(
    username: str,
    name: str,
    address: str,
    scale: float,
    note: str,
    *,
    plan: Plan = STANDARD,
    gas: bool = True,
    water: bool = False,
    moved_in: int = 0,
    **more: float,
) -> Person:
    services = [_home(address, scale, plan=plan, **more)]
    if gas:
        services.append(Service("Home", address, Gas(32 * scale, 120 * scale), GAS_HOME))
    if water:
        services.append(Service("Home", address, Water(85 * scale, 160), WATER_HOME, analog=True))
    return Person(username, name, (Account(name, "residential", tuple(services)),), note, moved_in)


def _shop(username: str, name: str, address: str, use: Electric, note: str, *, gas: float = 0) -> Person:
    services = [Service(name, address, use, BUSINESS)]
    if gas:
        services.append(Service(name, address, Gas(gas, gas * 2), GAS_BUSINESS))
    return Person(username, name, (Account(name, "commercial", tuple(services)),), note)


#: A house with many flats, by the number of its premise, finished fourteen months ago.
MEWS: Final = "HARBOUR-MEWS"
MEWS_ADDRESS: Final = "5 Harbour Mews\nAshford Bay, NY 10997"
#: Who lives there, with how much they use beside a home.
_TENANTS: Final = {
    "Uma Castell": 0.5, "Viktor Holm": 0.7, "Wanda Pereira": 0.4, "Xavier Ngata": 0.6, "Yara Haddad": 0.8,
    "Zeno Marchetti": 0.5, "Amara Osei": 0.6, "Bruno Keller": 0.4, "Clara Novak": 0.7, "Dev Banerjee": 0.5,
    "Edda Jónsdóttir": 0.6, "Femi Adeyemi": 0.8,
}  # fmt: skip


def _flat(number: int, name: str, scale: float) -> Person:
    service = replace(_home(f"Flat {number}, {MEWS_ADDRESS}", scale), premise=MEWS)
    account = Account(name, "residential", (service,))
    username = f"{name.split(maxsplit=1)[0].lower()}@example.com"
    return Person(username, name, (account,), f"flat {number} of Harbour Mews, a house with a total", moved_in=14)


_ADA = Person(
    "ada@example.com",
    "Ada Okafor",
    (
        Account(
            "Ada Okafor",
            "residential",
            (
                Service(
                    "Home",
                    "5 Chapel Hill\nAshford Bay, NY 10999",
                    Electric(base=190, morning=520, evening=980, cooling=120),
                    TIME_OF_USE,
                    priced=True,
                    hourly_mix=True,
                ),
                Service("Home", "5 Chapel Hill\nAshford Bay, NY 10999", Gas(34, 130), GAS_HOME, priced=True),
                Service("Home", "5 Chapel Hill\nAshford Bay, NY 10999", Water(140, 220), WATER_HOME),
            ),
        ),
    ),
    "a home with electricity, gas and water",
)

_SOLAR = Person(
    "ben@example.com",
    "Ben Castellanos",
    (
        Account(
            "Ben Castellanos",
            "residential",
            (
                Service(
                    "Home with solar",
                    "41 Orchard Lane\nAshford Bay, NY 10999",
                    Electric(
                        base=230,
                        morning=480,
                        evening=1050,
                        cooling=140,
                        car_kilometres=42,
                        pv_kilowatts=7.2,
                        battery_kilowatt_hours=10.5,
                    ),
                    SOLAR,
                    hourly_mix=True,
                ),
            ),
        ),
    ),
    "solar panels, a battery and an electric car",
)

_BAKERIES = Person(
    "elin@example.com",
    "Lindqvist Bakeries",
    (
        Account("Lindqvist Bakeries", "parent", ()),
        Account(
            "Lindqvist Bakeries - shops",
            "commercial",
            (
                Service(
                    "Mill Street bakery",
                    "12 Mill Street\nAshford Bay, NY 10999",
                    Electric(base=820, open_watts=6400, opens=2, closes=14, open_days=_NOT_SUNDAY, cooling=160),
                    BUSINESS,
                    priced=True,
                    hourly_mix=True,
                ),
                Service("Mill Street bakery", "12 Mill Street\nAshford Bay, NY 10999", Gas(60, 900), GAS_BUSINESS),
                Service(
                    "Harbour Row shop",
                    "3 Harbour Row\nAshford Bay, NY 10999",
                    Electric(base=600, open_watts=2900, opens=6.5, closes=18, cooling=120),
                    BUSINESS,
                ),
                Service("Harbour Row shop", "3 Harbour Row\nAshford Bay, NY 10999", Gas(45, 150), GAS_BUSINESS),
                Service(
                    "Station kiosk",
                    "Station Square 4\nAshford Bay, NY 10998",
                    Electric(base=250, open_watts=1500, opens=5.5, closes=20, open_days=_NOT_SUNDAY),
                    BUSINESS,
                ),
                Service(
                    "Old Town café",
                    "27 Bell Lane\nAshford Bay, NY 10998",
                    Electric(base=540, open_watts=3600, opens=7, closes=19, cooling=140),
                    BUSINESS,
                    swapped=17,
                ),
                Service("Old Town café", "27 Bell Lane\nAshford Bay, NY 10998", Gas(40, 320), GAS_BUSINESS),
            ),
            parent="Lindqvist Bakeries",
        ),
        Account(
            "Lindqvist Bakeries - plant",
            "industrial",
            (
                Service(
                    "Cold store",
                    "88 Dock Road\nAshford Bay, NY 10997",
                    Electric(base=17_000, open_watts=9000, opens=5, closes=21, cooling=900, spread=0.08),
                    LARGE,
                ),
                Service(
                    "Cold store roof",
                    "88 Dock Road\nAshford Bay, NY 10997",
                    Electric(base=150, pv_kilowatts=62, spread=0.05),
                    SOLAR,
                ),
                Service(
                    "Dough plant",
                    "92 Dock Road\nAshford Bay, NY 10997",
                    Electric(base=5200, open_watts=21_000, opens=20, closes=8, open_days=_NOT_SUNDAY, spread=0.1),
                    LARGE,
                ),
                Service("Dough plant", "92 Dock Road\nAshford Bay, NY 10997", Gas(220, 4100), GAS_BUSINESS),
                Service(
                    "Van chargers",
                    "90 Dock Road\nAshford Bay, NY 10997",
                    Electric(base=120, open_watts=16_000, opens=21, closes=2, open_days=_NOT_SUNDAY, spread=0.3),
                    LARGE,
                ),
                Service("Dough plant", "92 Dock Road\nAshford Bay, NY 10997", Water(5200), WATER_HOME),
            ),
            parent="Lindqvist Bakeries",
        ),
        Account(
            "Lindqvist Bakeries - offices",
            "commercial",
            (
                Service(
                    "Office",
                    "1 Quay Street\nAshford Bay, NY 10998",
                    Electric(base=900, open_watts=4200, opens=7.5, closes=18, open_days=_WEEKDAYS, cooling=350),
                    BUSINESS,
                ),
            ),
            parent="Lindqvist Bakeries",
        ),
    ),
    "an enterprise: 4 accounts, 14 services",
)

_MOVED = _household(
    "chidi@example.com",
    "Chidi Warsame",
    "Flat 2, 60 Harbour Row\nAshford Bay, NY 10999",
    0.55,
    "moved in 8 months ago: no history before that",
    gas=False,
    moved_in=8,
)

_SWAPPED = Person(
    "dora@example.com",
    "Dora Lindholm",
    (
        Account(
            "Dora Lindholm",
            "residential",
            (
                Service(
                    "Home",
                    "17 Bell Lane\nAshford Bay, NY 10998",
                    Electric(base=210, morning=430, evening=820, heating=160, cooling=90),
                    STANDARD,
                    swapped=14,
                ),
            ),
        ),
    ),
    "the meter was swapped 14 months ago",
)

PEOPLE: Final = (
    _ADA,
    _SOLAR,
    _MOVED,
    _SWAPPED,
    _BAKERIES,
    _household("emma@example.com", "Emma Sundaram", "8 Chapel Hill\nAshford Bay, NY 10999", 0.9, "a home", plan=GREEN),
    _household("faisal@example.com", "Faisal Haddad", "14 Orchard Lane\nAshford Bay, NY 10999", 1.2, "a home"),
    _household(
        "grace@example.com", "Grace Mbeki", "2 Lighthouse Walk\nAshford Bay, NY 10998", 0.6, "a flat", gas=False
    ),
    _household(
        "hugo@example.com",
        "Hugo Petit",
        "33 Lighthouse Walk\nAshford Bay, NY 10998",
        1.0,
        "heats with electricity",
        gas=False,
        heating=190.0,
    ),
    _household(
        "ines@example.com",
        "Inês Carvalho",
        "21 Mill Street\nAshford Bay, NY 10999",
        0.8,
        "a home with water",
        water=True,
    ),
    _household("jonas@example.com", "Jonas Bergström", "71 Station Road\nAshford Bay, NY 10998", 1.1, "a home"),
    _household(
        "kamala@example.com",
        "Kamala Devi",
        "4 Fern Close\nAshford Bay, NY 10997",
        1.3,
        "an electric car, charged at night",
        plan=TIME_OF_USE,
        car_kilometres=55.0,
    ),
    _household(
        "liam@example.com",
        "Liam O'Connor",
        "9 Fern Close\nAshford Bay, NY 10997",
        0.7,
        "a price that rises with use",
        plan=STEPS,
    ),
    _household(
        "mei@example.com", "Mei Tanaka", "Flat 9, 2 Quay Street\nAshford Bay, NY 10998", 0.5, "a flat", gas=False
    ),
    _household("noor@example.com", "Noor Rahman", "18 Dock Road\nAshford Bay, NY 10997", 1.0, "a home", water=True),
    _household("otto@example.com", "Otto Fischer", "55 Bell Lane\nAshford Bay, NY 10998", 1.4, "a large home"),
    _household("priya@example.com", "Priya Nair", "6 Orchard Lane\nAshford Bay, NY 10999", 0.9, "a home", plan=GREEN),
    _household(
        "quinn@example.com", "Quinn Harper", "Flat 1, 7 Quay Street\nAshford Bay, NY 10998", 0.45, "a flat", gas=False
    ),
    _household(
        "rosa@example.com",
        "Rosa Jiménez",
        "28 Station Road\nAshford Bay, NY 10998",
        1.0,
        "solar panels without a battery",
        plan=SOLAR,
        pv_kilowatts=4.4,
    ),
    _household("sven@example.com", "Sven Dahl", "12 Lighthouse Walk\nAshford Bay, NY 10998", 0.8, "a home"),
    _household(
        "tara@example.com",
        "Tara Singh",
        "3 Fern Close\nAshford Bay, NY 10997",
        1.1,
        "moved in 20 months ago",
        moved_in=20,
    ),
    _shop(
        "books@example.com",
        "Tidewater Books",
        "10 Harbour Row\nAshford Bay, NY 10999",
        Electric(base=180, open_watts=1300, opens=9.5, closes=18, open_days=_NOT_SUNDAY, cooling=90),
        "a bookshop",
        gas=38,
    ),
    _shop(
        "cycles@example.com",
        "Bay Cycles",
        "16 Station Square\nAshford Bay, NY 10998",
        Electric(base=150, open_watts=1900, opens=10, closes=19, open_days=frozenset({1, 2, 3, 4, 5})),
        "a workshop, closed on Sunday and Monday",
    ),
    _shop(
        "grocer@example.com",
        "Corner Grocer",
        "1 Chapel Hill\nAshford Bay, NY 10999",
        Electric(base=3100, open_watts=2600, opens=7, closes=22, cooling=240, spread=0.1),
        "a shop full of refrigerators",
    ),
    _shop(
        "laundry@example.com",
        "Quayside Laundry",
        "22 Quay Street\nAshford Bay, NY 10998",
        Electric(base=400, open_watts=7200, opens=6, closes=21),
        "a laundry",
        gas=210,
    ),
    _shop(
        "dental@example.com",
        "Bell Lane Dental",
        "40 Bell Lane\nAshford Bay, NY 10998",
        Electric(base=350, open_watts=3100, opens=8, closes=17, open_days=_WEEKDAYS, cooling=150),
        "a practice, closed at weekends",
        gas=30,
    ),
    _shop(
        "gym@example.com",
        "Lighthouse Gym",
        "50 Lighthouse Walk\nAshford Bay, NY 10998",
        Electric(base=1200, open_watts=5400, opens=6, closes=23, cooling=420),
        "a gym",
        gas=70,
    ),
    _shop(
        "hotel@example.com",
        "Harbour Hotel",
        "80 Harbour Row\nAshford Bay, NY 10999",
        Electric(base=4800, morning=3000, evening=5200, cooling=800, spread=0.12),
        "a hotel, busy every day",
        gas=360,
    ),
    *(_flat(number, name, scale) for number, (name, scale) in enumerate(_TENANTS.items(), start=1)),
)

#: Made up like all others, but a real Customer to the server: without one nobody could try production.
FREYA: Final = replace(
    _household(
        "freya@example.com", "Freya Lund", "30 Chapel Hill\nAshford Bay, NY 10999", 0.9, "for apps in production"
    ),
    real=True,
)
