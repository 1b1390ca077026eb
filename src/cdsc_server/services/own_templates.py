"""
Mails in the words of a brand, instead of ours: `BRAND/LANGUAGE/KIND.txt` in the folder that the settings name.

The folder is read once in a process, before anything is answered; a server whose folder has a fault does not start.
What a brand has no template for in the language of the reader is told in our words, in that language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

from cdsc_server.domain.catalogue import Utility
from cdsc_server.domain.letter_names import KINDS
from cdsc_server.domain.letters import Letter
from cdsc_server.domain.provisioned.record import EXTERNAL_ID
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.languages import LANGUAGES
from cdsc_server.services.template_rules import OwnTemplate, UnsoundTemplateError, read_template

#: Where the words for Customers of no brand are; no brand can have this id.
NO_BRAND: Final = "_utility"
_BULLET: Final = "- "


@dataclass(frozen=True)
class OwnWords:
    """A mail as a brand words it."""

    subject: str
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together; or the entries of a list, without what marks them."""

    lines: Sequence[str]
    listed: bool


#: By brand, language and kind.
Templates = Mapping[tuple[str, str, str], OwnTemplate]


@lru_cache(maxsize=8)
def read_templates(directory: str) -> Templates:
    """
    Every template of a folder; none where it is empty text.

    Raises:
        InvalidConfiguration: every fault of every file, with its line and the rule.
    """
    found: dict[tuple[str, str, str], OwnTemplate] = {}
    faults: list[str] = []
    for path in _files(Path(directory), faults) if directory else ():
        brand, language, kind = path.parent.parent.name, path.parent.name, path.stem
        try:
            found[brand, language, kind] = read_template(path.read_text(encoding="utf-8-sig"), kind)
        except UnicodeDecodeError:
            faults.append(_told(path, Path(directory), "is not text in UTF-8"))
        except UnsoundTemplateError as fault:
            faults += [_told(path, Path(directory), each) for each in fault.faults]
    if faults:
        raise InvalidConfiguration(faults)
    return found


def own_words(
    templates: Templates, letter: Letter, *, brand: str | None, utility: Utility, closing: Sequence[str]
) -> OwnWords | None:
    """
    A letter in the words of a brand; None where it has none for this kind in this language.

    Args:
        brand: the id of a label partner; None for the utility itself.
        utility: in the brand's words.
        closing: the last lines of our own letter.
    """
    template = templates.get((brand or NO_BRAND, letter.language, letter.kind))
    if template is None:
        return None
    values = {
        **letter.values,
        "greeting": letter.greeting,
        "lead": letter.lead,
        "link": letter.link,
        "phone": utility.support_phone,
        "utility": utility.name,
        "lines": letter.lines,
        "items": letter.items,
        "notes": letter.after,
        "closing": closing,
    }
    subject = " ".join(template.subject.render(values).split())
    text = re.sub(r"\n\s*\n", "\n\n", template.body.render(values)).strip() + "\n"
    return OwnWords(subject or letter.subject, text)


def paragraphs(text: str) -> list[Paragraph]:
    """What stands between empty lines; a list is a paragraph of its own."""
    return [
        Paragraph([line.removeprefix(_BULLET) for line in lines], listed)
        for part in text.strip().split("\n\n")
        for listed, lines in groupby(part.split("\n"), key=lambda line: line.startswith(_BULLET))
    ]


def _files(directory: Path, faults: list[str]) -> Iterator[Path]:
    """The files that are where a template has its place; names that mean nothing are faults."""
    for brand in _entries(directory):
        if not brand.is_dir() or (brand.name != NO_BRAND and not EXTERNAL_ID.holds(brand.name)):
            faults.append(_told(brand, directory, f"is not a folder with the id of a brand, or {NO_BRAND}"))
            continue
        for language in _entries(brand):
            if not language.is_dir() or language.name not in LANGUAGES:
                faults.append(_told(language, directory, f"is not a folder of a language: {', '.join(LANGUAGES)}"))
                continue
            for path in _entries(language):
                if path.is_file() and path.suffix == ".txt" and path.stem in KINDS:
                    yield path
                else:
                    known = ", ".join(KINDS)
                    faults.append(_told(path, directory, f"is not KIND.txt; kinds of mails are {known}"))


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, without what tools keep hidden there."""
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))


def _told(path: Path, directory: Path, fault: str) -> str:
    colon = ", " if fault.startswith("line") else " "
    return f"CDSC_MAIL_TEMPLATES_DIR: {path.relative_to(directory)}{colon}{fault}"
