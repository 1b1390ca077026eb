"""The words of a page that a person reads or hears."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SPOKEN = ("alt", "aria-label", "placeholder", "title")


class WordsOfPage(HTMLParser):
    """Collects the text and the spoken attributes of a page in which letters stand; rules of style are no words."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in _SPOKEN:
                self.handle_data(value or "")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None and re.search(r"[^\W\d_]", data):
            self.words.append(data.strip())


def sentences_of(text: str) -> list[list[str]]:
    """The words of each sentence; one without a verb, such as a line of a list, counts as one too."""
    parts = re.split(r"(?<=[.!?:;])\s+", text)
    return [words for words in (re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", part) for part in parts) if words]


def grade(sentences: list[list[str]]) -> float:
    """The school year that English sentences ask for: Flesch-Kincaid, with syllables counted by their vowels."""
    words = [word for sentence in sentences for word in sentence]
    syllables = sum(max(len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^l])e$", "", word.lower()))), 1) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
