"""A catalogue with a registration field of every format and every type, and values that fit and that do not."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

import cdsc_server
from tests.factories.catalogues import fields_of

SHIPPED = Path(cdsc_server.__file__).with_name("default.toml")

#: A scope that takes every field of every format, and one that takes those with a default if they are sent.
ALL_FORMATS, ALL_OPTIONAL = "cds_client_admin every_format", "cds_client_admin every_optional"
#: A scope that needs something of every type, in the order of the Messages that ask for it.
ALL_TYPES = "cds_client_admin rate_plan"


def png(width: int = 1, *, padding: int = 0) -> bytes:
    """A grey picture of one line, with a comment to make it larger."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0))
    comment = chunk(b"tEXt", b"c\0" + b"x" * padding) if padding else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + comment
        + chunk(b"IDAT", zlib.compress(b"\0" * (width + 1)))
        + chunk(b"IEND", b"")
    )


def jpeg() -> bytes:
    """Marker by marker what an image has: a frame, a scan, the end."""
    frame = b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + frame + scan + b"\xff\xd9"


PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _purpose(**changes: Any) -> dict[str, Any]:
    sound = {"id": "", "name": "Advice", "content": "We advise.", "related_uri": None, "scopes_supported": []}
    return {**sound, **changes}


#: By format: a value that fits, and values that do not, null among them for formats without _or_null.
SOUND: dict[str, Any] = {
    "string": "Bright Bills Ltd",
    "string_list": ["one", "two"],
    "url": "https://client.example/about?x=1",
    "email": "dev+cds@client.example",
    "boolean": False,
    "image": b64(png()),
    "pdf": b64(PDF),
    "choice": "advice",
    "choice_list": ["carbon", "advice"],
    "purposes": [
        {"id": "", "name": "Advice", "content": "We advise you.", "related_uri": None, "scopes_supported": []},
        {
            "id": "",
            "name": "Carbon",
            "content": "We count.\n  Then we tell.",
            "related_uri": "https://client.example/carbon",
            "related_name": "How we count",
            "scopes_supported": [],
        },
    ],
}
WRONG: dict[str, list[Any]] = {
    "string": ["", "   ", 7, True, [], ["x"], {}, "x" * 21],
    "string_list": ["one", [], [7], [""], [None], {}, True],
    "url": [
        "",
        "client.example",
        "ftp://client.example/",
        "javascript:alert(1)",
        "https://",
        "https://u@h/",
        7,
        [],
        "https://h/ x",
        "https://h:99999/",
        "https://client.example/" + "x" * 100,
    ],
    "email": [
        "",
        "dev",
        "dev@",
        "@client.example",
        "dev@client",
        "a b@client.example",
        "dev@client..example",
        "dev@-client.example",
        ".dev@client.example",
        "dev@client.example\n",
        7,
        [],
        "x" * 60 + "@client.example",
    ],
    "boolean": ["true", "", 0, 1, [], {}],
    "image": [
        "",
        "???",
        "iVBORw0KGgo=",
        b64(PDF),
        b64(png()[:-1]),
        b64(png() + b"x"),
        b64(png())[:-1],
        b64(b"GIF89a"),
        b64(jpeg()[:-2]),
        7,
        [],
        b64(png(padding=3000)),
    ],
    "pdf": [
        "",
        "not base64!",
        b64(b"%PDF-1.7"),
        b64(png()),
        b64(b"x" + PDF),
        7,
        [],
        b64(PDF.replace(b"%%EOF", b"")),
        b64(PDF + b" " * 3000 + b"%%EOF"),
    ],
    "choice": ["", "other", "Advice", 7, [], ["advice"], True],
    "choice_list": ["advice", [], ["other"], ["advice", "advice"], [7], [["advice"]], {}],
    "purposes": ["advice", [], {}, ["advice"], [{}], [7], [_purpose(id="mine")], [_purpose(scopes_supported=["x"])]],
}
_CHOICES = """choices = [
  { id = "advice", name = "Advice", description = "It advises." },
  { id = "carbon", name = "Carbon", description = "It counts.", documentation = "https://utility.example/carbon" },
]"""
_LIMITS = {
    "string": "max_length = 20",
    "url": "max_length = 60",
    "email": "max_length = 40",
    "image": "max_size = 2000",
    "pdf": "max_size = 2000",
    "choice": _CHOICES,
    "choice_list": _CHOICES,
}
#: What holds when an optional field is left out, where the format has no null.
DEFAULTS: dict[str, Any] = {
    "string": "none",
    "boolean": True,
    "choice": "carbon",
    "choice_list": ["advice"],
    "string_list": ["x"],
    "url": "https://client.example/",
    "email": "a@client.example",
}


def formats() -> list[str]:
    return [name for plain in SOUND for name in (plain, f"{plain}_or_null")]


def sound(form: str) -> Any:
    return SOUND[form.removesuffix("_or_null")]


def every_sound() -> dict[str, Any]:
    """The members of a registration that sends every field."""
    return {f"cds_f_{form}": sound(form) for form in formats()}


def catalogue_file(directory: Path, *, review: str = "") -> Path:
    """The shipped catalogue with these scopes and fields beside its own; `review` adds to its [review] table."""
    text = SHIPPED.read_text(encoding="utf-8").replace("[review]\n", f"[review]\n{review}\n", 1)
    for form in formats():
        limits = _LIMITS.get(form.removesuffix("_or_null"), "")
        plain = _toml(DEFAULTS[form]) if form in DEFAULTS else None
        text += f"""
[registration_fields.f_{form}]
type = "registration_field"
description = "A field of format {form}"
field_name = "cds_f_{form}"
format = "{form}"
{limits}
{f"default = {plain}" if plain else ""}
"""
    optional = [f"f_{form}" for form in formats() if form in DEFAULTS or form.endswith("_or_null")]
    for scope, member, names in (
        ("every_format", "registration_requirements", [f"f_{form}" for form in formats()]),
        ("every_optional", "registration_optional", optional),
    ):
        text += f"""
[scopes.{scope}]
type = "cds_rate_plan"
name = "{scope}"
description = "For tests."
fields = {fields_of("cds_rate_plan", "purpose")}
{member} = {_toml(names)}
"""
    path = directory / "catalogue.toml"
    path.write_text(text, encoding="utf-8")
    (directory / "data-agreement.pdf").write_bytes(SHIPPED.with_name("data-agreement.pdf").read_bytes())
    return path


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else f'"{value}"'
