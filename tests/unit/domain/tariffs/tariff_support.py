"""Tariffs and readings for the tests of costs."""

from datetime import UTC, date, datetime
from decimal import Decimal

from cdsc_server.domain.tariffs.days import midnight
from cdsc_server.domain.tariffs.runs import Metered, Term
from cdsc_server.domain.tariffs.tariff import EnergyLine, FixedLine, Flow, Per, Rule, Tariff, Tax, Tier, Version

ZONE = "America/New_York"
QUARTER = 900


def flat(price: str, **more) -> Rule:
    """A rule with a price of its own."""
    return Rule((Tier(None, Decimal(price)),), **more)


def tiered(*tiers: tuple[str | None, str]) -> Rule:
    """A rule with a price for each tier."""
    return Rule(tuple(Tier(None if up_to is None else Decimal(up_to), Decimal(price)) for up_to, price in tiers))


#: Dear on weekdays from 16 to 21, cheaper at all other times.
EVENINGS = (
    flat("0.2860", days=frozenset(range(5)), on_holidays=False, start=16 * 60, end=21 * 60, tou="peak"),
    flat("0.1420", tou="off_peak"),
)
STANDING = FixedLine("standing", "Standing charge", Decimal("12.00"), Per.MONTH)
DAILY = FixedLine("daily", "Meter", Decimal("0.10"), Per.DAY)
TAXES = (
    Tax("levy", "Levy", Decimal("3.5"), frozenset({"use"})),
    Tax("vat", "VAT", Decimal("6.25"), frozenset({"use", "standing", "levy"})),
)


def use(*rules: Rule, **more) -> EnergyLine:
    """The line of what is drawn."""
    return EnergyLine("use", "Use", Flow.OFFTAKE, rules, **more)


def tariff(*energy: EnergyLine, zone: str = ZONE, region: str | None = None, units: str = "kWh", **more) -> Tariff:
    """A tariff of one version."""
    version = Version(date(2020, 1, 1), None, energy, **more)
    return Tariff("T-1", "A tariff", "USD", zone, units, (version,), region)


def term(made: Tariff, start: date = date(2020, 1, 1), end: date = date(2035, 1, 1)) -> Term:
    """A contract on the one version of a tariff."""
    return Term(made, made.versions[0], midnight(start, made.timezone), midnight(end, made.timezone))


def second(*local: int, zone: str = ZONE) -> int:
    """A local midnight."""
    return midnight(date(*local), zone)


def metered(start: int, values: list[int | None], interval: int = QUARTER, scale: int = 3) -> Metered:
    """Readings in thousandths; None is a gap."""
    gaps = bytes(value is None for value in values)
    return Metered(start, interval, scale, [value or 0 for value in values], gaps)


def steady(start: int, end: int, value: int = 250, interval: int = QUARTER) -> Metered:
    """The same reading all the time."""
    return metered(start, [value] * ((end - start) // interval), interval)


def at(second: int) -> datetime:
    """The instant of a second."""
    return datetime.fromtimestamp(second, UTC)
