"""
`@requirement("WG1-02-8.7-03")` ties a test to what it shows to hold.

Ids are rows of the register, or sections of the standards the register builds on (`RFC7009-2.1`, `FAPI2-5.3.2.1-03`).
A mistyped id fails where it is written, when the module is collected.
"""

import re

import pytest

from cdsc_conformance.register import register

#: Sections of standards that the register need not list row by row.
_SECTION = re.compile(r"(RFC\d{4}|FAPI2)-\w+(\.\w+)*(-\d+)?")


def requirement(*ids: str) -> pytest.MarkDecorator:
    """
    Mark a test, or a class of them, with the requirements it shows to hold.

    Raises:
        ValueError: an id that neither the register nor the form of a section knows.
    """
    if unknown := [each for each in ids if each not in register() and not _SECTION.fullmatch(each)]:
        raise ValueError(f"not in the register of requirements: {', '.join(unknown)}")
    return pytest.mark.requirement(*ids)
