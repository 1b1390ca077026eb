"""As much of a browser as signing in and pressing a button needs: cookies, redirects, forms with hidden fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from cdsc_server.walkthrough.report import WrongAnswer

_SECONDS = 30
_MOVED = frozenset({301, 302, 303, 307, 308})
_MANY = 10


@dataclass
class Button:
    """What can be pressed in a form; `name` and `value` are sent when it was pressed."""

    id: str
    name: str
    value: str
    action: str


@dataclass
class Form:
    """A form as it stands in the page: what it would send if nothing were changed."""

    id: str
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    unticked: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Link:
    """Where a link leads, as an absolute address, and what it says of that ("next")."""

    url: str
    relation: str


@dataclass(frozen=True)
class Page:
    """An answer for a person: where it was found, the words on it, its links, which forms it holds."""

    url: str
    status: int
    text: str
    forms: tuple[Form, ...]
    links: tuple[Link, ...] = ()

    def button(self, button_id: str) -> tuple[Form, Button] | None:
        """The button with this id and the form it stands in."""
        return next(((form, each) for form in self.forms for each in form.buttons if each.id == button_id), None)


@dataclass(frozen=True)
class Away:
    """A redirect that leaves the server: it was not followed."""

    url: str


class Browser:
    """Visits the pages of one server and stops where they lead away from it."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._session = requests.Session()
        self._session.headers["Accept"] = "text/html"

    def open(self, url: str) -> Page | Away:
        """Go to an address, as a click on a link does."""
        return self._follow("GET", url, [])

    def press(self, page: Page, form: Form, button: Button, **typed: str) -> Page | Away:
        """Fill in fields by name, press a button, and see where that leads."""
        fields = [(name, typed.pop(name, value)) for name, value in form.fields]
        fields += typed.items()
        if button.name:
            fields.append((button.name, button.value))
        return self._follow(form.method, urljoin(page.url, button.action or form.action or page.url), fields)

    def _follow(self, method: str, url: str, fields: list[tuple[str, str]]) -> Page | Away:
        for _ in range(_MANY):
            headers = {"Origin": self._origin, "Sec-Fetch-Site": "same-origin"} if method == "POST" else {}
            answer = self._session.request(
                method,
                url,
                params=None if method == "POST" else fields,
                data=fields if method == "POST" else None,
                headers=headers,
                allow_redirects=False,
                timeout=_SECONDS,
            )
            if answer.status_code not in _MOVED:
                return _page(answer)
            url = urljoin(url, answer.headers["Location"])
            if not f"{url}/".startswith(f"{self._origin}/"):
                return Away(url)
            if answer.status_code not in (307, 308):
                method, fields = "GET", []
        raise requests.TooManyRedirects(f"more than {_MANY} redirects, the last one to {url}")


def page_of(answer: Page | Away, expected: str, advice: str = "") -> Page:
    """The page that was expected. Raises WrongAnswer when it leads away, or is not a 200."""
    if isinstance(answer, Away):
        raise WrongAnswer(f"{expected} comes", f"a redirect to {answer.url}", advice)
    if answer.status != 200:
        raise WrongAnswer(f"{expected} comes", f"{answer.status} at {answer.url}: {answer.text[:600]}", advice)
    return answer


def found(found: tuple[Form, Button] | None, button_id: str, page: Page) -> tuple[Form, Button]:
    """A button that has to be there. Raises WrongAnswer when it is not."""
    if found is None:
        raise WrongAnswer(f"{page.url} has a button with the id {button_id}", page.text[:300])
    return found


def _page(answer: requests.Response) -> Page:
    reader = _Reader()
    reader.feed(answer.text)
    reader.close()
    links = tuple(Link(urljoin(answer.url, url), relation) for url, relation in reader.links)
    return Page(answer.url, answer.status_code, " ".join(reader.words), tuple(reader.forms), links)


class _Reader(HTMLParser):
    """Collects the forms and links of a page, and its words as a person would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._unseen: str | None = None
        self._open: Form | None = None
        self._named: dict[str, Form] = {}
        self._list: str | None = None
        self._text: tuple[Form, str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(values.get("id", ""), values.get("action", ""), values.get("method", "get").upper())
            self.forms.append(self._open)
            self._named[self._open.id] = self._open
        elif tag == "a" and "href" in values:
            self.links.append((values["href"], values.get("rel", "")))
        elif tag in ("script", "style", "head"):
            self._unseen = tag
        form = self._named.get(values.get("form", ""), self._open)
        if form is None or "disabled" in values:
            return
        if tag == "input":
            self._input(form, values)
        elif tag == "button":
            self._button(form, values)
        elif tag == "select":
            self._list = values.get("name")
        elif tag == "option" and self._list and "selected" in values:
            form.fields.append((self._list, values.get("value", "")))
        elif tag == "textarea":
            self._text = (form, values.get("name", ""), [])

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = None
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._list = None
        elif tag == "textarea" and self._text:
            form, name, parts = self._text
            form.fields.append((name, "".join(parts)))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[2].append(data)
        elif self._unseen is None:
            self.words += data.split()

    def _input(self, form: Form, values: dict[str, str]) -> None:
        kind, name = values.get("type", "text").lower(), values.get("name", "")
        if kind in ("submit", "image"):
            self._button(form, values)
        elif name and (kind not in ("checkbox", "radio") or "checked" in values) and kind not in ("button", "reset"):
            form.fields.append((name, values.get("value", "on" if kind == "checkbox" else "")))
        elif name and kind == "checkbox":
            form.unticked.append((name, values.get("value", "on")))

    def _button(self, form: Form, values: dict[str, str]) -> None:
        if values.get("type", "submit").lower() in ("submit", "image"):
            form.buttons.append(
                Button(
                    values.get("id", ""), values.get("name", ""), values.get("value", ""), values.get("formaction", "")
                )
            )
