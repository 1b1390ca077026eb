"""ISO 4217: the letters of a currency, its number, and how many digits its smallest coin has."""

from __future__ import annotations

_TABLE = """
008ALL 012DZD 032ARS 036AUD 044BSD 048BHD 050BDT 051AMD 052BBD 060BMD 064BTN 068BOB 072BWP 084BZD 090SBD 096BND
104MMK 108BIF 116KHR 124CAD 132CVE 136KYD 144LKR 152CLP 156CNY 170COP 174KMF 188CRC 191HRK 192CUP 203CZK 208DKK
214DOP 222SVC 230ETB 232ERN 233EEK 238FKP 242FJD 262DJF 270GMD 292GIP 320GTQ 324GNF 328GYD 332HTG 340HNL 344HKD
348HUF 352ISK 356INR 360IDR 364IRR 368IQD 376ILS 388JMD 392JPY 398KZT 400JOD 404KES 408KPW 410KRW 414KWD 417KGS
418LAK 422LBP 426LSL 428LVL 430LRD 434LYD 440LTL 446MOP 454MWK 458MYR 462MVR 480MUR 484MXN 496MNT 498MDL 504MAD
512OMR 516NAD 524NPR 532ANG 533AWG 548VUV 554NZD 558NIO 566NGN 578NOK 586PKR 590PAB 598PGK 600PYG 604PEN 608PHP
634QAR 643RUB 646RWF 654SHP 682SAR 690SCR 694SLL 702SGD 704VND 706SOS 710ZAR 728SSP 748SZL 752SEK 756CHF 760SYP
764THB 776TOP 780TTD 784AED 788TND 800UGX 807MKD 818EGP 826GBP 834TZS 840USD 858UYU 860UZS 882WST 886YER 901TWD
925SLE 928VES 929MRU 930STN 931CUC 932ZWL 933BYN 934TMT 936GHS 938SDG 940UYI 941RSD 943MZN 944AZN 946RON 949TRY
950XAF 951XCD 952XOF 953XPF 960XDR 967ZMW 968SRD 969MGA 971AFN 972TJS 973AOA 975BGN 976CDF 977BAM 978EUR 980UAH
981GEL 985PLN 986BRL
"""

#: Currencies whose smallest coin is not a hundredth, by how many digits it has behind the point.
_OTHER_COINS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_MINOR_DIGITS = {letters: digits for digits, currencies in _OTHER_COINS.items() for letters in currencies.split()}

_LETTERS = {int(entry[:3]): entry[3:] for entry in _TABLE.split()}
_NUMBERS = {letters: number for number, letters in _LETTERS.items()}


def currency_code(number: int) -> str | None:
    """The three letters of a currency's number, such as USD for 840; None when no currency has it."""
    return _LETTERS.get(number)


def currency_number(letters: str) -> int | None:
    """The number of a currency, such as 840 for USD; None when these are the letters of none."""
    return _NUMBERS.get(letters)


def is_currency(letters: str) -> bool:
    """Whether these are the three letters of a currency."""
    return letters in _NUMBERS


def minor_digits(letters: str) -> int:
    """How many digits behind the point amounts of a currency are paid with."""
    return _MINOR_DIGITS.get(letters, 2)
