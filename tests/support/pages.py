"""A person with a browser that has no script: reads pages, fills in forms, presses buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass
class FormOnPage:
    """A form as it was loaded: what can be filled in, what it would send, and its buttons."""

    action: str
    names: set[str] = field(default_factory=set)
    sends: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """What is sent under a name."""
        return [value for each, value in self.sends if each == name]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FormOnPage] = []
        self._open: FormOnPage | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value if value is not None else "" for name, value in attrs}
        if self._open is not None and tag in ("input", "select", "textarea"):
            self._open.names.add(given.get("name", ""))
        if tag == "form":
            self._open = FormOnPage(given.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None and tag == "input":
            self._input(self._open, given)
        elif self._open is not None and tag == "textarea":
            # As our pages write them: empty, for the person to fill in.
            self._open.sends.append((given.get("name", ""), ""))
        elif self._open is not None and tag == "button":
            self._open.buttons.append((given.get("id", ""), given.get("name", ""), given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def _input(self, form: FormOnPage, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if given.get("type") == "checkbox":
            form.boxes.append((name, value or "on"))
            if "checked" in given:
                form.sends.append((name, value or "on"))
        else:
            form.sends.append((name, value))


class Visitor:
    """One browser: cookies are kept, redirects within the server are followed on request only."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page: TestResponse | None = None

    def load(self, path: str, **kwargs: Any) -> TestResponse:
        """Open an address; the redirects of this server are followed."""
        self.page = self.client.get(path, follow_redirects=True, **kwargs)
        return self.page

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.get_data(as_text=True)

    def form(self, n: int | None = None) -> FormOnPage:
        """The form number n of the page that is open, the first when no number is given."""
        return self._forms()[n or 0]

    def form_with(self, do: str) -> FormOnPage:
        """The first form with this button."""
        found = [form for form in self._forms() if do in [value for _, _, value in form.buttons]]
        assert found, do
        return found[0]

    def form_to(self, action: str) -> FormOnPage:
        """The first form that is sent to this address."""
        return next(form for form in self._forms() if form.action == action)

    def _forms(self) -> list[FormOnPage]:
        reader = _Reader()
        reader.feed(self.text)
        return reader.forms

    def press(
        self,
        do: str | None = None,
        *,
        n: int | None = None,
        tick: tuple[tuple[str, str], ...] = (),
        untick: tuple[tuple[str, str], ...] = (),
        by_force: bool = False,
        **fill: str,
    ) -> TestResponse:
        """
        Press the button of this value, after ticking and filling in; redirects are not followed.

        In form n; without one in the first form that has the button, or the first of all when none is named.
        By force also what the form does not ask for is sent, as no honest browser would.
        """
        form = self.form(n) if n is not None or do is None else self.form_with(do)
        sends = [each for each in form.sends if each not in untick and each[0].replace("-", "_") not in fill]
        names = {name.replace("-", "_"): name for name in form.names} | {name: name for name in form.names}
        sends += [each for each in tick if each not in sends]
        assert by_force or fill.keys() <= names.keys(), f"the form has no {fill.keys() - names.keys()}"
        sends += [(names.get(name, name), value) for name, value in fill.items()]
        if do is not None:
            assert do in [value for _, _, value in form.buttons], do
            sends.append(("do", do))
        data: dict[str, list[str]] = {}
        for name, value in sends:
            data.setdefault(name, []).append(value)
        return self.client.post(form.action, data=data)

    def sign_in(
        self, username: str = "ada@example.com", password: str = "correct horse", **kwargs: Any
    ) -> TestResponse:
        """Fill in the sign-in page that is open."""
        answer = self.press(username=username, password=password, **kwargs)
        if answer.status_code == 303:
            self.load(answer.location)
        return answer
