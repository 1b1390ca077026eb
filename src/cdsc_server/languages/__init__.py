"""
The languages in which Customers are spoken to: words, dates, numbers and lists.

English is the source: a message is its own key, with named places such as `%(app)s`. The catalogues beside this file
hold the other languages; `make messages` brings them up to date with code and templates.
Whoever answers a request or writes a mail says once which language is spoken; everything below asks here.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

#: By the subtag of RFC 5646, each with its own name.
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
SOURCE: Final = "en"

#: English dates are written with the day first.
_LOCALES: Final[Mapping[str, Locale]] = {
    language: Locale.parse("en_GB" if language == SOURCE else language) for language in LANGUAGES
}
#: With one digit after the point; all but English set the sign apart.
_PERCENT: Final = {each: "0.#%" if each == SOURCE else "0.#\N{NO-BREAK SPACE}%" for each in LANGUAGES}
_spoken: ContextVar[str] = ContextVar("language", default=SOURCE)


def language() -> str:
    """What is spoken now, a key of LANGUAGES."""
    return _spoken.get()


def speak(chosen: str) -> Token[str]:
    """Speak a language from now on; `hush` with what this gives goes back to the one before."""
    return _spoken.set(chosen)


def hush(before: Token[str]) -> None:
    """Go back to the language spoken before."""
    _spoken.reset(before)


@contextmanager
def speaking(chosen: str | None) -> Iterator[None]:
    """Speak a language for a while; None, or one we do not have, is English."""
    before = speak(SOURCE if chosen is None or chosen not in LANGUAGES else chosen)
    try:
        yield
    finally:
        hush(before)


def best(wanted: Iterable[str]) -> str | None:
    """
    The first of these languages that we have; None when we have none of them.

    Args:
        wanted: language tags such as "de-AT", in the order of preference (RFC 4647 3.4: a longer tag falls back).
    """
    primary = (tag.partition("-")[0].lower() for tag in wanted)
    return next((each for each in primary if each in LANGUAGES), None)


def marked(message: str) -> str:
    """The message itself, noted for the catalogues; for words that are chosen now and told later."""
    return message


def marked_plural(one: str, several: str) -> tuple[str, str]:
    """As `marked`, for `ngettext`."""
    return one, several


def gettext(message: str, /, **values: object) -> str:
    """The message in the language spoken now, with its places filled."""
    told = message if language() == SOURCE else _catalogue(language()).gettext(message)
    return told % values if values else told


def ngettext(one: str, several: str, count: int, /, **values: object) -> str:
    """As `gettext`, for a number of things; `%(count)s` is the number as it is written in that language."""
    if language() == SOURCE:
        told = one if count == 1 else several
    else:
        told = _catalogue(language()).ngettext(one, several, count)
    return told % {"count": number(count), **values}


def number(value: int | Decimal, form: str | None = None) -> str:
    """
    A number with the separators of the language; every digit of it unless `form` says fewer.

    Args:
        form: a pattern of CLDR such as "#,##0.##".
    """
    if form is None:
        digits = max(0, -int(Decimal(value).as_tuple().exponent))
        form = f"#,##0.{'0' * digits}"
    return str(numbers.format_decimal(value, format=form, locale=_LOCALES[language()]))


def money(amount: Decimal, currency: str) -> str:
    """An amount to the smallest coin of its currency, as in US$12.40."""
    return str(numbers.format_currency(amount, currency, locale=_LOCALES[language()]))


def percent(share: Decimal) -> str:
    """A share of one, as in 46.5%."""
    return str(numbers.format_percent(share, format=_PERCENT[language()], locale=_LOCALES[language()]))


def listed(parts: Iterable[str]) -> str:
    """Parts of a sentence: "a, b and c"."""
    return lists.format_list(list(parts), locale=_LOCALES[language()])


def day(instant: datetime | date, zone: ZoneInfo) -> str:
    """A date in full, as in 21 November 2026."""
    return dates.format_date(_local(instant, zone), "long", locale=_LOCALES[language()])


def short_day(instant: datetime | date, zone: ZoneInfo) -> str:
    """A date for narrow places, as in 21 Nov 2026."""
    return dates.format_date(_local(instant, zone), "medium", locale=_LOCALES[language()])


def clock_time(instant: datetime, zone: ZoneInfo) -> str:
    """A time of day, as in 10:42."""
    form = "H:mm" if language() == SOURCE else "short"
    return dates.format_time(instant, form, tzinfo=zone, locale=_LOCALES[language()])


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """Date and time, as in 21 November 2026, 10:42."""
    return f"{day(instant, zone)}, {clock_time(instant, zone)}"


def _local(instant: datetime | date, zone: ZoneInfo) -> date:
    return instant.astimezone(zone) if isinstance(instant, datetime) else instant


@cache
def _catalogue(chosen: str) -> GNUTranslations:
    """Compiled when it is first needed, so that what is installed is what translators wrote."""
    compiled = io.BytesIO()
    with Path(__file__).with_name(f"{chosen}.po").open("rb") as written:
        write_mo(compiled, read_po(written, locale=chosen, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


def callables() -> dict[str, Any]:
    """What templates call: see jinja2.ext.i18n."""
    return {"gettext": gettext, "ngettext": _plain_ngettext, "newstyle": True}


def _plain_ngettext(one: str, several: str, count: int) -> str:
    """Templates fill places by themselves, after escaping."""
    if language() == SOURCE:
        return one if count == 1 else several
    return _catalogue(language()).ngettext(one, several, count)
