"""
Bring the catalogues up to date with the words in code and templates: `make messages`.

New messages come without a translation, and the tests ask for one; what is no longer said leaves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from cdsc_server.languages import LANGUAGES, SOURCE

_PACKAGE: Final = Path(__file__).parents[1]
_READ: Final = [("**.py", "python"), ("web/templates/**.html", "jinja2")]
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "marked": None, "marked_plural": (1, 2)}
#: What readers of the format need, and nothing that changes by itself.
_HEADER: Final = r"""msgid ""
msgstr ""
"Language: {language}\n"
"Plural-Forms: {plurals}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


def extracted() -> Catalog:
    """Every message of code and templates."""
    found = Catalog()
    options = {"web/templates/**.html": {"trimmed": "true", "silent": "false"}}
    for _, _, message, _, _ in extract_from_dir(_PACKAGE, _READ, options, keywords=_KEYWORDS):
        found.add(message)
    return found


def path_of(language: str) -> Path:
    """Where the catalogue of a language is."""
    return Path(__file__).with_name(f"{language}.po")


def read(language: str) -> Catalog:
    """The catalogue of a language as its translators left it."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def renew() -> None:
    """Write every catalogue anew, in the order of the messages, so that changes of two people rarely meet."""
    messages = extracted()
    for language in LANGUAGES:
        if language != SOURCE:
            catalogue = read(language)
            catalogue.update(messages, no_fuzzy_matching=True, update_creation_date=False)
            with path_of(language).open("wb") as file:
                file.write(_HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
                write_po(
                    file,
                    catalogue,
                    width=120,
                    omit_header=True,
                    no_location=True,
                    sort_output=True,
                    ignore_obsolete=True,
                )


if __name__ == "__main__":
    renew()
