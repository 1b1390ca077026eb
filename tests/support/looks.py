"""
`look`: judges the page of a tab at every width, as it is for people who see, hear or type it.

axe-core, the checker, is asked for WCAG 2.2 at A and AA and for its best practices, in the light and in the dark.
What it cannot judge, such as the sense of a text, is for a reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import template_rendered
from playwright.sync_api import Page

from tests.support.tab import WIDTHS, fits, picture

if TYPE_CHECKING:
    from flask import Flask

    from tests.support.live import LiveServer

_ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
#: What is fine on the page stays there: of a long page it is far more than what is not.
_JUDGE = """options => axe.run(options).then(found => found.violations.map(
    each => [each.id, each.help, each.nodes.map(node => String(node.target[0]))]))"""
_OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"


@dataclass
class Look:
    """What was found on the pages so far, and the templates that the server drew them from."""

    findings: list[str] = field(default_factory=list)
    templates: set[str] = field(default_factory=set)
    _last: str = ""

    @property
    def found(self) -> str:
        """Every finding on a line of its own; empty when there is none."""
        return "\n".join(self.findings)

    def __call__(self, page: Page, name: str, *, widths: Sequence[int] = WIDTHS) -> None:
        """
        Judge the page that is open, with everything on it unfolded.

        Args:
            name: what the page shows, for the findings and for the name of the pictures.
        """
        self.templates.add(self._last)
        page.evaluate(AXE_SCRIPT)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(_OPEN_ALL)
            if not fits(page):
                self.findings.append(f"{name}, {width} wide: scrolls sideways")
            self._judge(page, f"{name}, {width} wide", _ALL)
            picture(page, name)
        page.emulate_media(color_scheme="dark")
        self._judge(page, f"{name}, dark", _COLOURS)
        page.emulate_media(color_scheme="light")

    def _judge(self, page: Page, where: str, rules: dict[str, Any]) -> None:
        for rule, words, places in page.evaluate(_JUDGE, {"runOnly": rules, "resultTypes": ["violations"]}):
            self.findings.append(f"{where}: {rule}: {words}: {'; '.join(places)}")

    @contextmanager
    def listening(self, app: Flask) -> Iterator[None]:
        """Keep the name of the template of each page that the application answers."""

        def heard(_: Flask, *, template: Any, **__: Any) -> None:
            self._last = template.name

        with template_rendered.connected_to(heard, app):
            yield


@pytest.fixture
def look(live_server: LiveServer) -> Iterator[Look]:
    """Nothing looked at yet; hears what `live_server` draws."""
    looked = Look()
    with looked.listening(live_server.app):
        yield looked
