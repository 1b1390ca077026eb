"""What is hidden in words of a platform."""

from __future__ import annotations

import pytest

from cdsc_server.domain.redaction import redacted


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("no station 0f0e77aa-33bb for ada@example.org", "no station [hidden] for [hidden]"),
        ("inverter 95000ESU000W0001 has the fault 2", "inverter [hidden] has the fault 2"),
        ("uid 1773482709000 is unknown", "uid [hidden] is unknown"),
        ("answered 503 in 1500 ms at 2026-03-14", "answered 503 in 1500 ms at 2026-03-14"),
    ],
)
def test_what_looks_like_an_address_or_an_id_is_hidden(words: str, shown: str) -> None:
    """Also where nobody told us that it is one."""
    assert redacted(words, ()) == shown


def test_known_words_are_hidden_whole() -> None:
    """The longest first, so that no end of one stays."""
    assert redacted("wrong password: hunter2hunter", ["hunter", "hunter2hunter"]) == "wrong password: [hidden]"
