"""Where the parts of a server's pages stand, for whoever looks at them in a browser."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Profile:
    """
    A CSS selector for each part; those of this project's own pages unless a file says other.

    What stands within a Request Section is looked for in it; an entry holds its checkbox.
    """

    # Signing in.
    username: str = "#username"
    password: str = "#password"  # noqa: S105  # where it is typed, not what
    sign_in: str = "#sign-in"
    # The form (CDS-WG3-01 9.2.1).
    header: str = "header.top"
    requester: str = "[aria-labelledby='asks']"
    section: str = ".request"
    closing: str = "[aria-labelledby='closing-title']"
    approval: str = "[aria-labelledby='approve-title']"
    footer: str = "footer"
    approve: str = "#approve"
    decline: str = "#decline"
    undo: str = "button[value='reset']"
    problem: str = "[role='alert']"
    # A Request Section (9.2.1.4).
    data: str = ".part:not([id$='-which'], :has([id$='-time']), :has(.purpose))"
    duration: str = ".part:has([id$='-time'])"
    selection: str = ".part[id$='-which']"
    purpose: str = ".part:has(.purpose)"
    details: str = "details:not(:has(input))"
    content: str = ".purpose"
    leave_out: str = ".leave input"
    wrong: str = ".wrong"
    # A selection (9.2.3).
    entries: str = ".list"
    entry: str = ".list li"
    future: str = "input[name$='-future']"
    all: str = "button[value^='all-']"
    none: str = "button[value^='none-']"
    find: str = "input[type='search']"
    find_now: str = ".find button"
    ticked_only: str = ".ticked-only input"
    count: str = ".picked"


def read_profile(path: Path) -> Profile:
    """
    The profile in a TOML file: `part = "selector"`, one line for each part that stands elsewhere.

    Raises:
        ValueError: no TOML, an unknown part, or a selector that is no text.
    """
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    if unknown := sorted(told.keys() - {each.name for each in fields(Profile)}):
        raise ValueError(f"unknown parts: {', '.join(unknown)}")
    if odd := sorted(name for name, selector in told.items() if not isinstance(selector, str)):
        raise ValueError(f"no selectors: {', '.join(odd)}")
    return Profile(**told)
