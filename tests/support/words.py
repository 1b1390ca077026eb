"""The words of a page that a person reads or hears."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SPOKEN = ("alt", "aria-label", "placeholder", "title")


class WordsOfPage(HTMLParser):
    """Collects the text and the spoken attributes of a page in which letters stand."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in _SPOKEN:
                self.handle_data(value or "")

    def handle_data(self, data: str) -> None:
        if re.search(r"[^\W\d_]", data):
            self.words.append(data.strip())
