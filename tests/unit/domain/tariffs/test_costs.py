"""Costs: parts make the whole, days are billed once, and what nobody knows is never zero."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.tariffs.costs import Stretch, amounts_of, cost_of
from cdsc_server.domain.tariffs.tariff import EnergyLine, Flow, PriceSeries, Tier, Version
from cdsc_server.domain.tariffs.terms import without_charges
from tests.unit.domain.tariffs.tariff_support import (
    DAILY,
    EVENINGS,
    STANDING,
    TAXES,
    flat,
    metered,
    second,
    steady,
    tariff,
    term,
    tiered,
    use,
)

_TIERS = tiered(("20", "0.1100"), ("35.5", "0.1530"), (None, "0.1990"))
_SOLD = EnergyLine("sold", "Sold", Flow.INJECTION, (flat("0.0650"),))

#: Readings of five days over the turn of a month and a change of the clock, in hours.
_START, _END = second(2026, 10, 30), second(2026, 11, 4)
_COUNT = (_END - _START) // 3600
_readings = st.lists(st.integers(0, 9_000) | st.none(), min_size=_COUNT, max_size=_COUNT)
_both_ways = st.lists(
    st.tuples(st.integers(0, 9_000), st.integers(0, 900)) | st.none(), min_size=_COUNT, max_size=_COUNT
)
_lines = st.sampled_from([use(*EVENINGS), use(_TIERS), use(flat("0.2"))])
_cuts = st.lists(st.integers(0, _COUNT), max_size=4)


def _on_the_tariff(line, start=date(2026, 10, 30)):
    made = tariff(line, _SOLD, fixed=(STANDING, DAILY), taxes=TAXES, region="US-NY")
    return [term(made, start)]


@given(_readings, _lines, _cuts)
def test_parts_add_up_to_the_whole_wherever_it_is_cut(values, line, cuts):
    """Who asks for days, and who asks for the month, is told of the same money."""
    terms, used = _on_the_tariff(line), {Flow.OFFTAKE: metered(_START, values, 3600)}
    bounds = [_START, *(_START + 3600 * cut for cut in sorted(cuts)), _END]

    parts = [cost_of(terms, used, low, high).exact for low, high in pairwise(bounds) if low < high]

    assert sum(parts) == cost_of(terms, used, _START, _END).exact


@given(_both_ways, _lines)
def test_the_cost_of_each_value_adds_up_to_what_the_energy_costs(pairs, line):
    """The column beside readings and the estimate of a period are one calculation."""
    terms = _on_the_tariff(line)
    drawn, sent = ([pair and pair[way] for pair in pairs] for way in (0, 1))
    used = {Flow.OFFTAKE: metered(_START, drawn, 3600), Flow.INJECTION: metered(_START, sent, 3600)}

    told = amounts_of(terms, used)

    assert [value is None for value in told.values] == [pair is None for pair in pairs]
    energy = cost_of(terms, used, _START, _END).exact - cost_of(terms, {}, _START, _END).exact
    assert sum(value or 0 for value in told.values) == energy.scaleb(told.scale)


@given(_readings, st.integers(0, _COUNT - 1), st.integers(1, 5_000))
def test_more_energy_never_costs_less_in_tiers(values, at, more):
    """A threshold that is passed raises the price of what lies behind it only."""
    terms = _on_the_tariff(use(_TIERS))
    higher = [*values]
    higher[at] = (values[at] or 0) + more

    before, after = (cost_of(terms, {Flow.OFFTAKE: metered(_START, v, 3600)}, _START, _END) for v in (values, higher))

    assert after.exact > before.exact
    drawn = sum(line.quantity for line in after.lines if line.kind == "energy")
    assert drawn == Decimal(sum(value or 0 for value in higher)).scaleb(-3)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 8), 23), ((2026, 11, 1), 25), ((2026, 6, 1), 24)])
def test_a_day_is_billed_once_however_long_it_is(day, hours):
    """A clock change neither adds a daily charge nor drops one, and moves no hour into another price."""
    start = second(*day)
    end = start + hours * 3600
    terms = [term(tariff(use(*EVENINGS), fixed=(DAILY,)))]

    cost = cost_of(terms, {Flow.OFFTAKE: steady(start, end, 1000, 3600)}, start, end)

    assert second(day[0], day[1], day[2] + 1) == end
    assert [(line.id, line.quantity) for line in cost.lines if line.kind == "fixed"] == [("daily", 1)]
    energy = {line.tou: line.quantity for line in cost.lines if line.kind == "energy"}
    assert sum(energy.values()) == hours
    assert energy.get("peak", 0) == (5 if day[1] == 6 else 0)


def test_no_energy_costs_the_fixed_charges_alone():
    """An empty home pays for being connected, and a whole month is the monthly charge to the cent."""
    start, end = second(2026, 2, 1), second(2026, 3, 1)
    cost = cost_of([term(tariff(use(*EVENINGS), fixed=(STANDING,)))], {Flow.OFFTAKE: steady(start, end, 0)}, start, end)

    assert cost.total == Decimal("12.00")
    assert cost.unread == ()


def test_gaps_are_told_and_cost_nothing():
    """A Customer must be able to see that an estimate is not of the whole month."""
    start = second(2026, 6, 1)
    used = metered(start, [1000, None, None, 1000], 3600)
    cost = cost_of([term(tariff(use(flat("0.20"))))], {Flow.OFFTAKE: used}, start, start + 5 * 3600)

    assert cost.total == Decimal("0.40")
    assert cost.unread == (Stretch(start + 3600, start + 3 * 3600), Stretch(start + 4 * 3600, start + 5 * 3600))


def test_a_reading_that_lies_under_two_prices_has_none():
    """Splitting it by time would make up when the energy was used."""
    start = second(2026, 6, 1)
    used = {Flow.OFFTAKE: steady(start, second(2026, 6, 7), 24_000, 86_400)}
    terms = [term(tariff(use(*EVENINGS)))]

    cost = cost_of(terms, used, start, second(2026, 6, 7))

    assert cost.unpriced == (Stretch(start, second(2026, 6, 6)),)
    assert [(line.tou, line.quantity) for line in cost.lines] == [("off_peak", 24)]
    assert [value is None for value in amounts_of(terms, used).values] == [True] * 5 + [False]


def test_readings_longer_than_the_tariff_takes_have_no_price():
    """A tariff by the hour is not to be applied to days, even where one price holds all day."""
    start = second(2026, 6, 6)
    terms = [term(tariff(use(flat("0.2")), longest=3600))]

    cost = cost_of(terms, {Flow.OFFTAKE: steady(start, start + 86_400, 24_000, 86_400)}, start, start + 86_400)

    assert cost.lines == ()
    assert cost.unpriced == (Stretch(start, start + 86_400),)


def test_tiers_need_what_was_used_since_the_month_began():
    """Who may read from the middle of a month on is not told a price that depends on what came before."""
    start, end = second(2026, 6, 1), second(2026, 7, 1)
    terms = [term(tariff(use(_TIERS)))]

    whole = amounts_of(terms, {Flow.OFFTAKE: steady(start, end)})
    cut = amounts_of(terms, {Flow.OFFTAKE: steady(start + 86_400, second(2026, 7, 2))})

    assert None not in whole.values
    assert [value is None for value in cut.values] == [True] * (29 * 96) + [False] * 96


def test_a_threshold_counts_for_the_days_on_the_tariff():
    """Half a month has half of the cheap energy."""
    start, end = second(2026, 6, 16), second(2026, 7, 1)
    cost = cost_of([term(tariff(use(_TIERS)), start=date(2026, 6, 16))], {Flow.OFFTAKE: steady(start, end)}, start, end)

    by_tier = {line.tier: line.quantity for line in cost.lines}
    assert by_tier == {1: Decimal("10.000"), 2: Decimal("7.750"), 3: Decimal("342.250")}


def test_holidays_and_seasons_choose_the_price():
    """Independence Day of 2028 is a Tuesday, and no peak; July is summer."""
    summer = {"summer": ((6, 1), (9, 30))}
    rules = (
        flat("0.5", days=frozenset(range(5)), on_holidays=False, season="summer", start=960, end=1260),
        flat("0.1"),
    )
    start, end = second(2028, 7, 3), second(2028, 7, 6)

    def peak(low, high, **more):
        used = {Flow.OFFTAKE: steady(start, end, 1000, 3600)}
        cost = cost_of([term(tariff(use(*rules), seasons=summer, **more))], used, low, high)
        return sum(line.quantity for line in cost.lines if line.season == "summer")

    assert [peak(second(2028, 7, d), second(2028, 7, d + 1), region="US") for d in (3, 4, 5)] == [5, 0, 5]
    assert peak(second(2028, 7, 4), second(2028, 7, 5)) == 5


def test_prices_of_given_intervals_go_before_the_others():
    """The price of the day ahead holds for its hours; outside there is the rule, or nothing is known."""
    start = second(2026, 6, 1)
    series = PriceSeries(start + 3600, 3600, (Decimal("0.9"), Decimal("-0.1")))
    used = {Flow.OFFTAKE: steady(start, start + 4 * 3600, 1000, 3600)}

    with_rule = amounts_of([term(tariff(use(flat("0.2"), series=(series,))))], used)
    without = amounts_of([term(tariff(use(series=(series,))))], used)

    assert with_rule.values == [2000, 9000, -1000, 2000]
    assert without.values == [None, 9000, -1000, None]


def test_a_tax_on_a_tax_is_told_with_what_it_was_taken_of():
    """The order of taxes is that of the tariff: the levy is taxed, too."""
    start = second(2026, 6, 1)
    cost = cost_of(
        [term(tariff(use(flat("1")), taxes=TAXES))], {Flow.OFFTAKE: steady(start, start + 360_000, 1000, 3600)},
        start, start + 360_000,
    )  # fmt: skip

    assert [(line.id, line.quantity, line.amount) for line in cost.lines] == [
        ("use", Decimal(100), Decimal(100)),
        ("levy", Decimal(100), Decimal("3.5")),
        ("vat", Decimal("103.5"), Decimal("6.46875")),
    ]
    assert cost.total == Decimal("109.97")


def test_another_version_takes_over_on_its_day():
    """A price that rises is told as two lines, and time without a tariff as unpriced."""
    old = tariff(use(flat("0.10")))
    new = Version(date(2026, 6, 2), None, (use(flat("0.30")),))
    day = [second(2026, 6, d) for d in (1, 2, 3, 4)]
    terms = [term(old, date(2026, 6, 1), date(2026, 6, 2)), term(old, date(2026, 6, 2), date(2026, 6, 3))]
    terms[1] = type(terms[1])(old, new, terms[1].start, terms[1].end)

    cost = cost_of(terms, {Flow.OFFTAKE: steady(day[0], day[3], 1000, 3600)}, day[0], day[3])

    assert [(line.price, line.amount) for line in cost.lines] == [
        (Decimal("0.10"), Decimal("2.4")),
        (Decimal("0.30"), Decimal("7.2")),
    ]
    assert cost.unpriced == (Stretch(day[2], day[3]),)


def test_a_coin_is_that_of_the_currency():
    """Yen have no hundredths."""
    start = second(2026, 6, 1)
    made = tariff(use(*[flat("10.5")]))
    made = type(made)("T", "T", "JPY", made.timezone, "kWh", made.versions)

    assert cost_of([term(made)], {Flow.OFFTAKE: metered(start, [1000], 3600)}, start, start + 3600).total == 11
    assert Tier(None, Decimal(1)).up_to is None


@given(_both_ways, _lines)
def test_energy_and_charges_make_the_whole(pairs, line):
    """Who is told of the energy alone is told of the same energy, with the taxes on it."""
    terms = _on_the_tariff(line)
    drawn, sent = ([pair and pair[way] for pair in pairs] for way in (0, 1))
    used = {Flow.OFFTAKE: metered(_START, drawn, 3600), Flow.INJECTION: metered(_START, sent, 3600)}

    energy, charges = cost_of(without_charges(terms), used, _START, _END), cost_of(terms, {}, _START, _END)

    assert {each.kind for each in energy.lines} <= {"energy", "tax"}
    assert energy.exact + charges.exact == cost_of(terms, used, _START, _END).exact
