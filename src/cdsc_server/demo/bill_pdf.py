"""The bills of the town as the PDF files that its people get by mail."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pydyf

from cdsc_server.storage.bill_sections import BillSectionRow
from cdsc_server.storage.bill_statements import BillStatementRow

#: US Letter, in points.
_WIDTH: Final = 612
_HEIGHT: Final = 792
_LEFT: Final = 60
_RIGHT: Final = _WIDTH - 60
_TOP: Final = _HEIGHT - 64
_BOTTOM: Final = 72
_LEADING: Final = 15
#: Thousandths of the font's size that Helvetica gives to what stands in amounts and days.
_NARROW: Final = {" ": 278, ",": 278, ".": 278, "-": 333, "/": 278}
_DIGIT: Final = 556
_INK: Final = (0.11, 0.16, 0.24)
_FAINT: Final = (0.42, 0.47, 0.54)
_RULE: Final = (0.82, 0.85, 0.89)


@dataclass(frozen=True)
class _Line:
    """A line of text with an amount at the right; `rule` draws one below."""

    text: str = ""
    amount: str = ""
    bold: bool = False
    faint: bool = False
    size: int = 10
    rule: bool = False


def bill_pdf(
    statement: BillStatementRow, sections: Sequence[BillSectionRow], *, utility: str, name: str, address: str
) -> bytes:
    """
    The bill as it is printed; the same bytes for the same bill.

    Args:
        utility: who wrote it.
        name, address: of whom it was sent to; the address may have several lines.
    """
    lines = list(_lines(statement, sections, utility, name, address))
    pages = list(_pages(lines))
    document = pydyf.PDF()
    fonts = {each: _font(document, each) for each in ("Helvetica", "Helvetica-Bold")}
    for number, page in enumerate(pages, start=1):
        _add_page(
            document, fonts, page, f"{utility} made up this bill for a demonstration. Page {number} of {len(pages)}"
        )
    written = io.BytesIO()
    document.write(written, compress=True)
    return written.getvalue()


def _lines(
    statement: BillStatementRow, sections: Sequence[BillSectionRow], utility: str, name: str, address: str
) -> Iterator[_Line]:
    money = _money(statement.currency)
    yield _Line(utility, bold=True, size=16)
    yield _Line()
    yield _Line(name, _day(statement.statement_date), bold=True)
    yield from (_Line(each) for each in address.splitlines())
    yield _Line(f"Account {statement.account_number}", rule=True)
    yield _Line()
    yield _Line("Your bill", bold=True, size=12)
    yield _Line("Balance of the bill before", money(statement.previous_balance_amount))
    yield _Line("What you paid of it", money(-statement.previous_balance_paid))
    yield from (_Line(each["name"], money(each["amount"])) for each in statement.new_charges)
    yield _Line(rule=True)
    yield _Line()
    yield _Line(f"To pay by {_day(statement.amount_due_date)}", money(statement.amount_due), bold=True, size=12)
    for section in sections:
        yield _Line()
        days = f"{_day(section.start_date)} to {_day(section.end_date)}"
        yield _Line(f"How it was worked out, {days}", bold=True, rule=True)
        for line in section.line_items:
            yield _Line(line["name"], money(line["cost"]))
            if line["value"] is not None:
                times = "" if line["rate"] is None else f" at {line['rate']:f} {section.currency} each"
                yield _Line(f"    {line['value']:,f} {line['units']}{times}", faint=True, size=9)


def _pages(lines: Sequence[_Line]) -> Iterator[Sequence[_Line]]:
    room, start = (_TOP - _BOTTOM) // _LEADING, 0
    while start < len(lines):
        end = min(start + room, len(lines))
        if end < len(lines) and lines[end - 1].bold:
            # A heading goes with what it is the heading of.
            end -= 1
        yield lines[start:end]
        start = end


def _add_page(document: Any, fonts: dict[str, Any], lines: Sequence[_Line], foot: str) -> None:
    stream = pydyf.Stream(compress=True)
    y = _TOP
    for line in lines:
        _write(stream, _LEFT, y, line.text, line)
        _write(stream, _RIGHT - _width(line.amount, line.size), y, line.amount, line)
        if line.rule:
            stream.set_color_rgb(*_RULE, stroke=True)
            stream.move_to(_LEFT, y - 4)
            stream.line_to(_RIGHT, y - 4)
            stream.stroke()
        y -= _LEADING
    _write(stream, _LEFT, _BOTTOM - 2 * _LEADING, foot, _Line(size=8, faint=True))
    document.add_object(stream)
    names = {f"F{number}": font.reference for number, font in enumerate(fonts.values())}
    document.add_page(
        pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": document.pages.reference,
                "MediaBox": pydyf.Array([0, 0, _WIDTH, _HEIGHT]),
                "Contents": stream.reference,
                "Resources": pydyf.Dictionary({"Font": pydyf.Dictionary(names)}),
            }
        )
    )


def _font(document: Any, name: str) -> Any:
    # One of the fonts that every reader of PDF files has.
    members = {"Type": "/Font", "Subtype": "/Type1", "BaseFont": f"/{name}", "Encoding": "/WinAnsiEncoding"}
    font = pydyf.Dictionary(members)
    document.add_object(font)
    return font


def _write(stream: Any, x: float, y: float, text: str, line: _Line) -> None:
    if not text:
        return
    stream.begin_text()
    stream.set_color_rgb(*(_FAINT if line.faint else _INK))
    stream.set_font_size("F1" if line.bold else "F0", line.size)
    stream.move_text_to(x, y)
    stream.show_text_string(text.encode("cp1252", "replace"))
    stream.end_text()


def _width(text: str, size: int) -> float:
    """How wide an amount or a day is; letters count as digits, which only ever moves them to the left."""
    return sum(_NARROW.get(char, _DIGIT) for char in text) * size / 1000


def _money(currency: str) -> Any:
    sign = {"USD": "$"}.get(currency, f"{currency} ")
    return lambda amount: f"{'-' if amount < 0 else ''}{sign}{abs(Decimal(amount)):,.2f}"


def _day(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
