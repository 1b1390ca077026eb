"""The example of the form from a Customer's own readings: words, and a plot of the same day (CDS-WG3-01 9.2.2.1)."""

from datetime import UTC, datetime

from cdsc_server.storage.db import transaction
from tests.factories import customer_data as make
from tests.support.dom import by_class, parsed, text_of

MIDNIGHT_IN_NEW_YORK = datetime(2026, 2, 28, 5, tzinfo=UTC)
#: Of each hour; the eighth is the highest.
USED = ["0.500"] * 7 + ["2.125"] + ["1.0625"] * 16


def test_words_and_plot_tell_of_the_same_day_in_the_same_digits(app, ask, visitor):
    request_id = ask("usage_data")
    with app.app_context(), transaction() as session:
        row = make.series(session, "use", contract_id="shop0001")
        make.readings(session, row, MIDNIGHT_IN_NEW_YORK, USED)
    visitor.load(f"/consent/{request_id}")
    visitor.sign_in()

    (example,) = parsed(visitor.text).iter("figure")
    assert text_of(next(example.iter("figcaption"))) == (
        "From your own data: Shop 0001, on 28 February 2026, between 7:00 and 8:00 you used 2.125 kWh."
    )
    top, bottom = by_class(example, "y")[0]
    assert (top.text, bottom.text) == ("2.125 kWh", "0")
    heights = [float(bar.get("height")) for bar in example.iter("rect")]
    assert heights == [14.1] * 7 + [60.0] + [30.0] * 16
    assert "highest from 7:00 to 8:00, 2.125 kWh" in next(example.iter("svg")).get("aria-label")


def test_of_a_day_that_has_begun_nothing_is_told_while_a_whole_one_is_there(app, ask, visitor):
    """The readings of that morning are most at once; they are in a month of their own."""
    request_id = ask("usage_data")
    with app.app_context(), transaction() as session:
        row = make.series(session, "use", contract_id="shop0001", timezone="America/New_York")
        make.readings(session, row, MIDNIGHT_IN_NEW_YORK, [*USED, *["9.000"] * 5])
    visitor.load(f"/consent/{request_id}")
    visitor.sign_in()

    (example,) = parsed(visitor.text).iter("figcaption")
    assert "on 28 February 2026, between 7:00 and 8:00 you used 2.125 kWh" in text_of(example)
