"""A real Chromium, for what only a browser shows. Playwright drives it, and comes with an extra of the package."""

from __future__ import annotations

import os
import shutil
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from cdsc_conformance.conditions.asking import details, verifier
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Unmet
from cdsc_conformance.flows import CALLBACK, account

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response

    from cdsc_conformance.flows import CodeClient
    from cdsc_conformance.session import Session

INSTALL: Final = (
    "install it with: pip install 'cdsc-server[browser]', and a Chromium with: apt-get install chromium "
    "(or: playwright install chromium)"
)

#: Pixels: a telephone and a desk.
NARROW: Final = 390
WIDE: Final = 1280

#: Milliseconds until a part that does not come counts as missing.
PATIENCE: Final = 15_000

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

#: Left alone, Chromium calls its maker at every start; the Client's address is answered by the kit itself.
_ARGUMENTS: Final = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {urlsplit(CALLBACK).hostname} ~NOTFOUND",
)
_BACK: Final = b64encode(b"<!doctype html><title>Client</title><h1>Back at the Client</h1>").decode()


class Missing(Exception):
    """No browser could be started; the text says what to install."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """
    A Chromium of this machine, or the one that Playwright installed.

    Raises:
        Missing: Playwright or every Chromium is missing.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as fault:
        raise Missing(f"Playwright is not installed; {INSTALL}") from fault
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    # Chromium's sandbox needs an account of its own; as root it refuses to start with it.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *root])
        except Error as fault:
            raise Missing(f"no Chromium could be started; {INSTALL}") from fault
        yield browser
        browser.close()


class Desk:
    """The test account's person at a browser: signs in once, and has as many tabs as it takes."""

    def __init__(self, session: Session) -> None:
        if session.browser is None:
            raise Unmet(f"there is no browser; {INSTALL}")
        account(session)
        self._session, self._browser = session, session.browser
        self._cookies: Any = None

    @contextmanager
    def tab(self, *, width: int = WIDE, script: bool = True, known: bool = True) -> Iterator[Tab]:
        """
        An empty tab.

        Args:
            width: of the window, in pixels.
            script: whether pages may use JavaScript.
            known: whether the cookies of the last time somebody signed in are there.
        """
        context = self._browser.new_context(
            viewport={"width": width, "height": 844 if width == NARROW else 900},
            java_script_enabled=script,
            # The browser knows no further certificates; the kit's own requests check them.
            ignore_https_errors=self._session.own_certificates,
            locale="en-GB",
            # What still moves is not yet where it will be.
            reduced_motion="reduce",
            storage_state=self._cookies if known else None,
        )
        context.set_default_timeout(PATIENCE)
        try:
            tab = Tab(self._session, context)
            yield tab
            if known and tab.signed_in:
                self._cookies = context.storage_state()
        finally:
            context.close()


class Tab:
    """A tab at the pages of the server; whatever comes back to the Client is answered here and kept in `landed`."""

    def __init__(self, session: Session, context: BrowserContext) -> None:
        self.session, self.profile = session, session.profile
        self.page: Page = context.new_page()
        #: What the Client was told, once for each time the person came back to it.
        self.landed: list[dict[str, str]] = []
        #: How often the person was asked for a password.
        self.signed_in = 0
        #: The state of the request asked last.
        self.state = ""
        #: How many pages were answered so far, those that only lead on apart.
        self.pages = 0
        self._answer: Response | None = None
        self._wire = context.new_cdp_session(self.page)
        self._wire.on("Fetch.requestPaused", self._back)
        # Playwright's own routes do not see where a redirect leads.
        self._wire.send("Fetch.enable", {"patterns": [{"urlPattern": f"{CALLBACK}*"}]})
        self.page.on("response", self._note)

    def ask(self, *entries: Mapping[str, Any], client: CodeClient | None = None, **changes: Any) -> None:
        """
        Open the form for these entries of authorization_details, signing in where that is asked for.

        Args:
            client: who asks; the Client Object of the shared registration by default.
            changes: other parameters of the request.
        """
        self.state = f"kit-browser-{len(self.session.http.exchanges)}-{verifier()[:8]}"
        named = {"scope": None, "authorization_details": details(*entries), "state": self.state, **changes}
        asked = (client or self.session.code_client).ask(verifier(), **named)
        self.open(f"{self.session.endpoint('authorization_endpoint')}?{urlencode(asked)}")
        if self.page.locator(self.profile.password).count():
            self.sign_in()

    def open(self, url: str) -> None:
        """Go to a page."""
        self.page.goto(url)

    def sign_in(self) -> None:
        """Fill in the test account's name and password."""
        known = account(self.session)
        self.part("username").fill(known.username)
        self.part("password").fill(known.password)
        self.press(self.part("sign_in"))
        self.signed_in += 1

    def press(self, target: Locator) -> None:
        """Press what leads to another page, or to this one anew; over when that is there."""
        with self.page.expect_navigation():
            target.click()

    def parts(self, name: str, within: Locator | None = None) -> Locator:
        """Every part that the profile has under a name."""
        return (within or self.page).locator(getattr(self.profile, name))

    def part(self, name: str, within: Locator | None = None) -> Locator:
        """
        The first of them.

        Raises:
            Unmet: there is none.
        """
        found = self.parts(name, within)
        if not found.count():
            raise Unmet(f"{self.page.url} has no {name} ({getattr(self.profile, name)}); the profile can say other")
        return found.first

    @property
    def told_client(self) -> dict[str, str]:
        """What the Client was told last; empty when nobody came back to it."""
        return self.landed[-1] if self.landed else {}

    @property
    def status(self) -> int:
        """The status of the page that was opened last."""
        return self._answer.status if self._answer else 0

    def words(self, target: Locator | None = None) -> str:
        """What a page, or a part of it, says to whoever looks at it."""
        return " ".join((target or self.page.locator("body")).inner_text().split())

    def told(self, selector: str) -> str:
        """What a screen reader says of the first such part; counters that a style sheet draws are among it."""
        root = self._wire.send("DOM.getDocument")["root"]["nodeId"]
        node = self._wire.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        found = self._wire.send("Accessibility.queryAXTree", {"nodeId": node, "role": "StaticText"})["nodes"]
        return " ".join("".join(str(each["name"]["value"]) for each in found).split())

    def fits(self) -> bool:
        """Whether nothing makes the page scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    def seen(self, *, picture: bool = False) -> Exchange:
        """The page as it stands now, as evidence."""
        answer = self._answer
        return Exchange(
            method=answer.request.method if answer else "GET",
            url=self.page.url,
            request_headers={},
            request_body="",
            status=self.status,
            headers=answer.headers if answer else {},
            body=self.page.content().encode(),
            seconds=0.0,
            secrets=self.session.http.secrets,
            picture=self.page.screenshot(full_page=True) if picture else b"",
        )

    def _note(self, answer: Response) -> None:
        """Keep the answer that is a page: not what it loads, nor what sends on."""
        request = answer.request
        if request.is_navigation_request() and not 300 <= answer.status < 400:
            self._answer, self.pages = answer, self.pages + 1

    def _back(self, paused: Mapping[str, Any]) -> None:
        found = parse_qs(urlsplit(paused["request"]["url"]).query, keep_blank_values=True)
        self.landed.append({name: values[0] for name, values in found.items()})
        html = [{"name": "Content-Type", "value": "text/html"}]
        answer = {"requestId": paused["requestId"], "responseCode": 200, "responseHeaders": html, "body": _BACK}
        self._wire.send("Fetch.fulfillRequest", answer)
