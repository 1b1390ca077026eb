"""Catalogues that differ from the one that ships."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import cdsc_server
from cdsc_server.domain.scope_types import SCOPE_TYPES


def changed_catalogue(directory: Path, change: Callable[[str], str]) -> str:
    """
    Write a changed copy of what ships, with the files it names, and tell its path.

    Args:
        change: gets the text that ships and gives that of the copy, which must differ.
    """
    shipped = Path(cdsc_server.__file__).with_name("default.toml")
    for template in shipped.parent.glob("*.pdf"):
        shutil.copy(template, directory)
    text = shipped.read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text
    path = directory / "catalogue.toml"
    path.write_text(changed, encoding="utf-8")
    return str(path)


def without_steps(directory: Path) -> str:
    """As `changed_catalogue`: production needs something for rate_plan only, and no scenario is claimed."""
    steps = r'(?m)^registration_requirements = \[".*\n|^scenarios = \[[^]]*\]\n'
    return changed_catalogue(directory, lambda shipped: re.sub(steps, "", shipped))


def fields_of(type_id: str, *more: str, selections: tuple[str, ...] = ()) -> str:
    """
    The TOML array of the fields that a scope of this type has to offer, and more.

    Args:
        selections: the kinds it draws; those of its type when none are named.
    """
    kind = SCOPE_TYPES[type_id]
    beside = [kind.with_selection.get(each, frozenset()) for each in selections or kind.selections]
    return str(sorted(kind.required.union(*beside, more)))
