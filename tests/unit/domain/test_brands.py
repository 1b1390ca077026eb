"""Colours of brands: taken where they can be read, and nothing else is made of them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.brands import brand_of, colour_faults, contrast, look, style_of
from cdsc_server.domain.catalogue import Utility

UTILITY = Utility(
    name="Demo Gas & Electric",
    description="",
    website="https://dge.example",
    support_phone="+1 555 0100",
    support_url="https://dge.example/help",
    terms_url="https://dge.example/terms",
    privacy_url="https://dge.example/privacy",
    receipt_prefix="DGE",
    country="US",
    currency="USD",
    timezone=ZoneInfo("America/New_York"),
    entity_number="1",
)
colours = st.integers(min_value=0, max_value=0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.478)])
def test_contrast_is_that_of_wcag(one, other, ratio):
    """The figures are those of its definition; #777777 on white is the well-known near miss."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(other, one) == contrast(one, other)


@given(colour=colours, dark=colours)
def test_what_is_taken_can_be_read(colour, dark):
    """Text in the colour, on it, and on what is tinted with it."""
    refused = {fault.at for fault in colour_faults(colour, dark)}

    for name, value, grounds in (("colour", colour, ("#ffffff", "#f0efe9")), ("colour_dark", dark, ("#182126",))):
        made = look(value, dark=name == "colour_dark")
        least = min(contrast(value, each) for each in (*grounds, made.brand_soft, made.on_brand))
        assert (name in refused) is (least < 4.5)


def test_a_brand_says_what_it_says_and_the_utility_the_rest():
    brand = brand_of({"label_partner": "north", "name": "North", "timezone": "Europe/Berlin", "mark": "N"}, UTILITY)

    assert (brand.utility.name, brand.utility.timezone.key) == ("North", "Europe/Berlin")
    assert (brand.utility.support_phone, brand.utility.entity_number) == ("+1 555 0100", "1")
    assert (style_of(brand), brand.sender) == ("", None)


def test_a_style_sheet_holds_colours_only():
    record = {"label_partner": "north", "name": "}</style>", "colour": "#7a1f5c", "colour_dark": "#f0a8d6"}
    style = style_of(brand_of(record, UTILITY))

    assert "--brand: #7a1f5c; --on-brand: #ffffff;" in style
    assert style.count("{") == style.count("}") == 3
    assert "<" not in style
