"""A page as a tree, so that a test can say where on it something stands."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

#: Elements without an end tag.
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tree = ElementTree.TreeBuilder()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self.tree.end(tag)
        else:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        self.tree.end(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"
        self.tree.end(tag)

    def handle_data(self, data: str) -> None:
        if self._open:
            self.tree.data(data)


def parsed(html: str) -> Element:
    """The root of a page; its end tags must be in order."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.tree.close()


def by_id(root: Element, wanted: str) -> Element:
    """The one element of this id."""
    found = root.findall(f".//*[@id='{wanted}']")
    assert len(found) == 1, f"{len(found)} elements have the id {wanted}"
    return found[0]


def by_class(root: Element, name: str) -> list[Element]:
    """The elements of this class, in their order on the page."""
    return [each for each in root.iter() if name in each.get("class", "").split()]


def text_of(element: Element) -> str:
    """The words in an element, with single blanks."""
    return " ".join("".join(element.itertext()).split())


def before(root: Element, *elements: Element) -> bool:
    """Whether these elements stand on the page in this order."""
    order = {id(each): n for n, each in enumerate(root.iter())}
    places = [order[id(each)] for each in elements]
    return places == sorted(places)


def links(root: Element) -> Iterator[Element]:
    """Every link of the page."""
    return root.iter("a")
