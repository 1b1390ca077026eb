"""A person at a browser: signs in, reads a form, agrees or declines; on any server whose pages need no script."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Unmet
from cdsc_conformance.recorder import Recorder
from cdsc_conformance.session import Account

_YES: Final = re.compile(r"approve|authori[sz]e|allow|agree|accept|share|confirm", re.IGNORECASE)
_NO: Final = re.compile(r"decline|deny|do not|don.t|cancel|refuse|reject|without", re.IGNORECASE)
_OUT: Final = re.compile(r"leave|remove|exclude|only", re.IGNORECASE)
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_STEPS: Final = 12


@dataclass
class Form:
    """A form as it stands in a page."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    #: Name, value and words of every submit button.
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    username: str = ""
    password: str = ""

    def button(self, yes: bool) -> tuple[str, str] | None:
        """The button that agrees, or the one that declines, by the words on it and the value it sends."""
        for name, value, words in self.buttons:
            declines = _NO.search(f"{value} {words}") is not None
            if declines is not yes and (not yes or _YES.search(f"{value} {words}")):
                return name, value
        return None


@dataclass(frozen=True)
class Arrived:
    """What the authorization endpoint told the Client, and the exchange that said so."""

    exchange: Exchange
    parameters: dict[str, str]
    #: Whether the person had to tick what the form had not: nothing was preselected.
    ticked: bool = False


class Person:
    """A browser of its own with the test account's password at hand."""

    def __init__(self, http: Recorder, account: Account) -> None:
        self._http = http.fresh()
        self._account = account
        #: How often the person was asked for a password.
        self.signed_in = 0

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def answer(self, url: str, parameters: dict[str, str], redirect_uri: str, *, yes: bool = True) -> Arrived:
        """
        Follow an authorization request to its end.

        Args:
            redirect_uri: where the journey ends; it is not opened.

        Raises:
            Unmet: no form that this person understands.
        """
        return self._decide(self._http.send("GET", url, params=parameters), redirect_uri, yes=yes)

    def form(self, url: str, parameters: dict[str, str], redirect_uri: str) -> Exchange:
        """
        The form that an authorization request leads to, which is left as it is.

        Raises:
            Unmet: it leads to no form that this person understands.
        """
        exchange = self._http.send("GET", url, params=parameters)
        for _ in range(_MOST_STEPS):
            location = exchange.header("Location")
            forms = forms_of(exchange)
            login = next((form for form in forms if form.password), None)
            if exchange.status in _REDIRECTS and not urljoin(exchange.url, location).startswith(redirect_uri):
                exchange = self._http.send("GET", urljoin(exchange.url, location))
            elif login is not None and self.signed_in < 1:
                self.signed_in += 1
                exchange = self._sign_in(exchange, login)
            elif any(form.button(yes=True) for form in forms) and login is None:
                return exchange
            else:
                break
        raise Unmet(f"no form to read at {exchange.url}, answered {exchange.status}")

    def press(self, exchange: Exchange, wanted: re.Pattern[str]) -> Exchange | None:
        """The page after a button with such words is pressed, redirects followed; None when there is no such button."""
        for form in forms_of(exchange):
            for name, value, words in form.buttons:
                if wanted.search(f"{value} {words}"):
                    pressed = [(name, value)] if name else []
                    answer = self._press(exchange, form, [*form.fields, *form.boxes, *pressed])
                    there = answer.header("Location")
                    return self.open(urljoin(answer.url, there)) if answer.status in _REDIRECTS and there else answer
        return None

    def open(self, url: str) -> Exchange:
        """A page, redirects followed."""
        exchange = self._http.send("GET", url)
        for _ in range(_MOST_STEPS):
            if exchange.status not in _REDIRECTS:
                break
            exchange = self._http.send("GET", urljoin(exchange.url, exchange.header("Location")))
        return exchange

    def _decide(self, exchange: Exchange, redirect_uri: str, *, yes: bool) -> Arrived:
        tried = 0
        for _ in range(_MOST_STEPS):
            location = exchange.header("Location")
            if exchange.status in _REDIRECTS and location:
                url = urljoin(exchange.url, location)
                if url.partition("?")[0] == redirect_uri.partition("?")[0]:
                    found = parse_qs(urlsplit(url).query, keep_blank_values=True)
                    return Arrived(exchange, {name: values[0] for name, values in found.items()}, ticked=tried > 1)
                exchange = self._http.send("GET", url)
                continue
            forms = forms_of(exchange)
            login = next((form for form in forms if form.password), None)
            if login is not None:
                if self.signed_in > 1:
                    raise Unmet("the test account's name and password were not taken")
                self.signed_in += 1
                exchange = self._sign_in(exchange, login)
                continue
            pressed = next(((form, button) for form in forms if (button := form.button(yes)) is not None), None)
            if pressed is None or tried > 1:
                raise Unmet(f"no form to decide on at {exchange.url}, answered {exchange.status}")
            form, button = pressed
            # What is asked for first; everything when that is nothing.
            exchange = self._press(exchange, form, [*form.fields, *(form.boxes if tried else []), button])
            tried += 1
        raise Unmet("the authorization request leads nowhere")

    def _sign_in(self, exchange: Exchange, form: Form) -> Exchange:
        known = {form.username: self._account.username, form.password: self._account.password}
        fields = [(name, value) for name, value in form.fields if name not in known]
        buttons = [(name, value) for name, value, _ in form.buttons[:1] if name]
        return self._press(exchange, form, [*fields, *known.items(), *buttons])

    def _press(self, exchange: Exchange, form: Form, fields: list[tuple[str, str]]) -> Exchange:
        url = urljoin(exchange.url, form.action or exchange.url)
        if form.method != "POST":
            return self._http.send("GET", url, params=fields)
        parts = urlsplit(exchange.url)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": exchange.url}
        return self._http.send("POST", url, form=fields, headers=headers)


def forms_of(exchange: Exchange) -> list[Form]:
    """The forms of a page."""
    if exchange.media_type != "text/html":
        return []
    reader = _Reader()
    reader.feed(exchange.text)
    reader.close()
    return reader.forms


@dataclass
class Page:
    """A page as it reads: its words, its links with their attributes, and the names of its elements."""

    words: str = ""
    links: list[dict[str, str]] = field(default_factory=list)
    elements: set[str] = field(default_factory=set)
    metas: dict[str, str] = field(default_factory=dict)


def page_of(exchange: Exchange) -> Page:
    """What stands in a page."""
    reader = _Words()
    reader.feed(exchange.text)
    reader.close()
    reader.page.words = " ".join(" ".join(reader.said).split())
    return reader.page


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.page.elements.add(tag)
        self._silent += tag in ("script", "style")
        if tag == "a":
            self.page.links.append(values)
        elif tag == "meta" and "name" in values:
            self.page.metas[values["name"].lower()] = values.get("content", "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._button: tuple[str, str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get").upper())
            self.forms.append(self._form)
        elif self._form is not None and tag == "button" and values.get("type", "submit") == "submit":
            self._button = (values.get("name", ""), values.get("value", ""), [values.get("id", "")])
        elif self._form is not None and tag == "input":
            self._input(self._form, values, checked=any(name == "checked" for name, _ in attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._form is not None and self._button is not None:
            name, value, words = self._button
            self._form.buttons.append((name, value, " ".join(words)))
            self._button = None
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button[2].append(data.strip())

    def _input(self, form: Form, values: dict[str, str], *, checked: bool) -> None:
        kind, name, value = values.get("type", "text").lower(), values.get("name", ""), values.get("value", "")
        if kind == "submit":
            form.buttons.append((name, value, value))
        elif kind in ("checkbox", "radio"):
            pair = (name, value or "on")
            if checked:
                form.fields.append(pair)
            elif not _OUT.search(f"{name} {values.get('id', '')}"):
                form.boxes.append(pair)
        elif name:
            form.fields.append((name, value))
            if kind == "password":
                form.password = name
            elif kind in ("text", "email") and not form.username:
                form.username = name
