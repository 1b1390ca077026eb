"""Catalogues that differ from the one that ships."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cdsc_server


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
