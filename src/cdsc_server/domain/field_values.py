"""The formats of registration fields, each judged strictly (CDS-WG1-02 3.7, CDS-WG3-01 5.1)."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from cdsc_server.domain.purposes import submitted_fault

_PLAIN: Final = (
    "string",
    "string_list",
    "url",
    "email",
    "boolean",
    "image",
    "pdf",
    "choice",
    "choice_list",
    "purposes",
)
FORMATS: Final = tuple(name for plain in _PLAIN for name in (plain, f"{plain}_or_null"))
#: Formats that max_length limits, and those that max_size does (CDS-WG1-02 3.5).
TEXTS: Final = tuple(name for name in FORMATS if name.removesuffix("_or_null") in ("string", "url", "email"))
FILES: Final = tuple(name for name in FORMATS if name.removesuffix("_or_null") in ("image", "pdf"))

#: Where the configuration names no limit; a value is stored, shown and compared as a whole.
LONGEST_TEXT: Final = 10_000
_LONGEST_LIST: Final = 1_000

_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9-]{1,63})*")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PDF: Final = re.compile(rb"%PDF-[12]\.[0-9]")


@dataclass(frozen=True)
class Limits:
    """Characters of a text, and bytes of a file before Base64; None for no limit of its own."""

    max_length: int | None = None
    max_size: int | None = None


def value_fault(form: str, value: Any, limits: Limits, choices: Collection[str] = ()) -> str | None:
    """
    The rule that a value breaks, to stand after the name of its field; None when it is sound.

    Args:
        form: one of FORMATS.
        choices: ids that may be chosen.
    """
    if value is None:
        return None if form.endswith("_or_null") else "must not be null"
    match form.removesuffix("_or_null"):
        case "string":
            return _text_fault(value, limits)
        case "url":
            return _text_fault(value, limits) or _url_fault(value)
        case "email":
            return _text_fault(value, limits) or (None if is_email(value) else "must be an email address")
        case "boolean":
            return None if isinstance(value, bool) else "must be true or false"
        case "image" | "pdf" as kind:
            return _file_fault(kind, value, limits)
        case "choice":
            return None if isinstance(value, str) and value in choices else f"must be one of {', '.join(choices)}"
        case "purposes":
            return submitted_fault(value)
        case "choice_list":
            return _list_fault(value) or _choices_fault(value, choices)
        case _:
            return _list_fault(value) or next((fault for each in value if (fault := _text_fault(each, limits))), None)


def is_email(value: str) -> bool:
    """Whether it is an address of the usual form: a dot-atom, an @, and the name of a host with a dot."""
    local, at, host = value.rpartition("@")
    return (
        bool(at)
        and len(local) <= 64
        and bool(_LOCAL.fullmatch(local))
        and "." in host
        and bool(_HOST.fullmatch(host))
        and not any(part.startswith("-") or part.endswith("-") for part in host.split("."))
    )


def file_bytes(value: str) -> bytes:
    """
    The bytes of a Base64 string (RFC 4648 4): padded, one line.

    Raises:
        ValueError: it is not Base64.
    """
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as fault:
        raise ValueError("must be a Base64 string") from fault


def media_type(data: bytes) -> str | None:
    """What the bytes are: image/png, image/jpeg or application/pdf, each whole; None for anything else."""
    if _is_png(data):
        return "image/png"
    if _is_jpeg(data):
        return "image/jpeg"
    return "application/pdf" if _PDF.match(data) and b"%%EOF" in data[-1024:] else None


def _text_fault(value: Any, limits: Limits) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if not value.strip():
        return "must not be empty"
    longest = limits.max_length or LONGEST_TEXT
    return f"must not be longer than {longest} characters" if len(value) > longest else None


def _url_fault(value: str) -> str | None:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        sound = sound and "@" not in parts.netloc
    except ValueError:
        sound = False
    if not sound or not value.isascii() or not value.isprintable() or " " in value:
        return "must be an absolute http or https URL without user name"
    return None


def _list_fault(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return "must be an array of strings"
    if not value:
        return "must not be an empty array"
    return f"must not hold more than {_LONGEST_LIST} entries" if len(value) > _LONGEST_LIST else None


def _choices_fault(value: list[str], choices: Collection[str]) -> str | None:
    unknown = next((each for each in value if each not in choices), None)
    if unknown is not None:
        return f"must hold entries of {', '.join(choices)}, not {unknown[:50]!r}"
    return "must not hold an entry twice" if len(set(value)) < len(value) else None


def _file_fault(kind: str, value: Any, limits: Limits) -> str | None:
    if not isinstance(value, str) or not value:
        return "must be a Base64 string"
    try:
        data = file_bytes(value)
    except ValueError as fault:
        return str(fault)
    if limits.max_size is not None and len(data) > limits.max_size:
        return f"must not be larger than {limits.max_size} bytes before Base64"
    found = media_type(data)
    if kind == "pdf":
        return None if found == "application/pdf" else "must be a whole PDF file"
    return None if found in ("image/png", "image/jpeg") else "must be a whole image/png or image/jpeg file"


def _is_png(data: bytes) -> bool:
    """Every chunk has its checksum; the first is the header, the last the end, and pixels lie between."""
    if not data.startswith(_PNG):
        return False
    at, kinds = len(_PNG), []
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return False
        kinds.append(data[at + 4 : at + 8])
        at = end
    return at == len(data) and kinds[:1] == [b"IHDR"] and kinds[-1:] == [b"IEND"] and b"IDAT" in kinds


def _is_jpeg(data: bytes) -> bool:
    """Segments follow each other up to the pixels, a frame among them, and the last marker ends the image."""
    if not data.startswith(b"\xff\xd8\xff") or not data.rstrip(b"\0").endswith(b"\xff\xd9"):
        return False
    at, framed = 2, False
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            return framed
        framed = framed or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC))
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return False
        at += 2 + length
    return False
