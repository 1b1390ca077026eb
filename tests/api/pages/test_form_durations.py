"""How long: whole sentences with real dates, for every kind of data (CDS-WG3-01 9.2.2.2). It is 1 March 2026."""

import pytest

from tests.support import requirement
from tests.support.dom import by_class, parsed, text_of

STOP = "You can stop it at any time."


def case(row, scope, values, *says):
    return pytest.param(scope, values, says, marks=requirement(f"WG3-01-9.2.2.2-{row}"), id=f"{row}-{scope}")


def how_long(visitor):
    """The sentences of the part "How long" of the only request."""
    (part,) = (each for each in by_class(parsed(visitor.text), "part") if text_of(each.find("h3")) == "How long")
    return text_of(part)


@pytest.mark.parametrize(
    ("scope", "values", "says"),
    [
        *(
            case("03", scope, {"sync_until": "2027-05-31T12:00:00Z"}, "Kept up to date until 31 May 2027.")
            for scope in ("account_list", "supply_details", "distribution_details", "rate_plan")
        ),
        case("03", "usage_data", {"segment_start": "P1Y", "segment_end": "PT0S", "sync_until": "P2Y",
                                  "include_service_contracts": True},
             "Details of the services: kept up to date until 1 March 2028."),
        *(
            case("04", scope, {"sync_until": "infinite"}, "Kept up to date until you stop it.", STOP)
            for scope in ("account_list", "supply_details", "distribution_details")
        ),
        *(
            case("05", scope, {"sync_until": "PT0S"}, "As it is today, 1 March 2026. No updates.",
                 "Changes after today are not shared.")
            for scope in ("account_list", "supply_details", "distribution_details")
        ),
        case("06", "bill_statements", {"statement_date_start": "P1Y", "statement_date_end": "2026-06-30"},
             "From 1 March 2025 until 30 June 2026."),
        case("06", "service_bills", {"statement_date_start": "P2Y", "statement_date_end": "2026-06-30",
                                     "include_bill_statements": True},
             "Whole bills: from 1 March 2024 until 30 June 2026."),
        case("07", "bill_statements", {"statement_date_start": "P0D", "statement_date_end": "P1Y"},
             "From today, 1 March 2026, until 1 March 2027.", "Nothing older is shared."),
        case("07", "bill_statements", {"statement_date_start": "2026-05-01", "statement_date_end": "P1Y"},
             "From 1 May 2026 until 1 March 2027.", "Nothing older is shared."),
        case("07", "bill_statements", {"statement_date_start": "P0D", "statement_date_end": "infinite"},
             "Nothing older is shared."),
        case("07", "service_bills", {"statement_date_start": "2026-05-01", "statement_date_end": "P1Y",
                                     "include_bill_statements": True},
             "Whole bills: from 1 May 2026 until 1 March 2027. Nothing older is shared."),
        case("08", "bill_statements", {"statement_date_end": "infinite"}, "until you stop it.", STOP),
        case("08", "bill_statements", {"statement_date_start": "P0D", "statement_date_end": "infinite"},
             "until you stop it.", STOP),
        case("09", "bill_statements", {"statement_date_end": "P0D"},
             "From 1 March 2025 to today, 1 March 2026.", "Only the past. Nothing after today is shared."),
        case("09", "bill_statements", {"statement_date_end": "2026-03-01"},
             "From 1 March 2025 to today, 1 March 2026.", "Only the past. Nothing after today is shared."),
        case("09", "bill_statements", {"statement_date_start": "P0D", "statement_date_end": "P0D"},
             "Only today, 1 March 2026.", "Only the past. Nothing after today is shared."),
        case("09", "service_bills", {"statement_date_end": "P0D", "include_bill_statements": True},
             "Whole bills: from 1 March 2025 to today, 1 March 2026.", "Only the past. Nothing after today is shared."),
        case("06", "bill_statements", {"statement_date_start": "P0D", "statement_date_end": "P0D"},
             "Only today, 1 March 2026."),
        case("10", "service_bills", {"start_date": "P1Y", "end_date": "2026-06-30"},
             "From 1 March 2025 until 30 June 2026."),
        case("11", "service_bills", {"start_date": "P0D", "end_date": "P1Y"},
             "From today, 1 March 2026, until 1 March 2027.", "Nothing older is shared."),
        case("11", "service_bills", {"start_date": "2026-05-01", "end_date": "P1Y"},
             "From 1 May 2026 until 1 March 2027.", "Nothing older is shared."),
        case("11", "service_bills", {"start_date": "P0D", "end_date": "infinite"}, "Nothing older is shared."),
        case("12", "service_bills", {"end_date": "infinite"}, "until you stop it.", STOP),
        case("13", "service_bills", {"end_date": "P0D"}, "Only the past. Nothing after today is shared."),
        case("14", "usage_data", {"segment_start": "P3Y", "segment_end": "P3Y"},
             "From 1 March 2023 until 1 March 2029."),
        case("15", "usage_data", {"segment_start": "PT0S", "segment_end": "P1Y"},
             "From today, 1 March 2026, until 1 March 2027.", "Nothing older is shared."),
        case("15", "usage_data", {"segment_start": "2026-05-01T12:00:00Z", "segment_end": "P1Y"},
             "From 1 May 2026 until 1 March 2027.", "Nothing older is shared."),
        case("16", "usage_data", {"segment_start": "P1Y", "segment_end": "infinite"},
             "From 1 March 2025 until you stop it.", STOP),
        case("16", "usage_data", {"segment_start": "PT0S", "segment_end": "infinite"}, "until you stop it.", STOP),
        case("17", "usage_data", {"segment_start": "P1Y", "segment_end": "PT0S"},
             "From 1 March 2025 to today, 1 March 2026.", "Only the past. Nothing after today is shared."),
    ],
)  # fmt: skip
def test_the_form_says_from_when_and_until_when(opened, visitor, scope, values, says):
    opened((scope, values))

    told = how_long(visitor)
    assert [each for each in says if each not in told] == []


@requirement("WG3-01-9.2.2.2-01")
@pytest.mark.parametrize("value", ["P3Y", "P6M", "PT0S", "infinite", "2027-05-31T12:00:00Z"])
def test_no_length_is_told_as_it_is_written(opened, visitor, value):
    """Neither in the text nor in what only a screen reader tells."""
    opened(("usage_data", {"segment_start": "P1Y", "segment_end": value, "sync_until": value}), "account_list")

    for term in (value, "P1Y", "segment", "sync", "interval"):
        assert term not in how_long_of_all(visitor)


def how_long_of_all(visitor):
    return " ".join(text_of(each) for each in by_class(parsed(visitor.text), "request"))
