"""Faults that only a browser shows: how the form looks, and what it does (CDS-WG3-01 9.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from tests.conformance.customer_data_faults import ACCOUNTS, METERS, SUPPLY, _only, _unasked
from tests.conformance.faults import App, answering, responding

FORM = "/consent/"


def _page(path, change):
    """Pages at a path and below, changed as text."""

    def changed(_request, response):
        if response.mimetype == "text/html":
            response.set_data(change(response.get_data(as_text=True)))

    return responding(path, changed)


def _written(old, new):
    return _page(FORM, lambda html: html.replace(old, new))


def _without(pattern):
    return _page(FORM, lambda html: re.sub(pattern, "", html, flags=re.DOTALL))


def _styled(rule):
    """Another rule of style, in every page of the form and whatever the policy for them says."""

    def changed(_request, response):
        response.headers.pop("Content-Security-Policy", None)
        if response.mimetype == "text/html":
            html = response.get_data(as_text=True)
            response.set_data(html.replace("</head>", f"<style>{rule}</style></head>"))

    return responding(FORM, changed)


def _scripted(code):
    """A script in every page of the form."""

    def changed(_request, response):
        response.headers.pop("Content-Security-Policy", None)
        if response.mimetype == "text/html":
            html = response.get_data(as_text=True)
            response.set_data(html.replace("</body>", f"<script>{code}</script></body>"))

    return responding(FORM, changed)


def _moved(pattern, before):
    """What a pattern finds stands before something else."""

    def change(html):
        found = re.search(pattern, html, re.DOTALL)
        return html.replace(found[0], "").replace(before, found[0] + before, 1) if found else html

    return _page(FORM, change)


def _greeting(html):
    return re.sub(r"Request for access to your energy data|Do you want to share your data\?", "Welcome", html)


def _vague(html):
    html = html.replace('<div class="span', '<div hidden class="gone')
    return re.sub(
        r"<p>(<strong>)?(Kept|As it is|From|Only|Nothing|The past|You can stop|Changes|Details|Use|Charges|Whole)[^<]*",
        "<p>A while.",
        html,
    )


def _without_example(html):
    html = html.replace(", with an example", "")
    return re.sub(r"<figcaption>.*?</figcaption>", "", html, flags=re.DOTALL)


def _whose(html):
    return html.replace("in its own words", "as follows").replace("wrote this text. We have not checked it", "is fine")


def _no_use(html):
    return html.replace("Why they ask", "More").replace("will use this data", "says")


def _unmarked(html):
    return html.replace('class="wrong"', "").replace(" wrong", "")


def _twice(body):
    body["grants"] *= 2


def _forgotten(app):
    """Nobody is known who comes with a request."""

    def faulty(environ, start_response):
        if environ["PATH_INFO"] == "/oauth/authorize":
            environ.pop("HTTP_COOKIE", None)
        return app(environ, start_response)

    return faulty


def _at_once(_request, response):
    """A form where people should sign in."""
    response.set_data('<button id="approve">Share</button><footer></footer>')


def _once(html):
    """Who made a mistake cannot agree any more."""
    return html.replace('value="approve"', 'value="update"') if 'role="alert"' in html else html


def _rows(section, *numbers):
    return " ".join(f"WG3-01-{section}-{number:02}" for number in numbers)


def _found(html):
    """The words of a page about what was not found, without saying so."""
    html = html.replace("We cannot find what", "About what").replace("do not seem to have", "may have")
    return html.replace("only that nothing was found", "so")


def _denied_instead(_request, response):
    there = response.headers.get("Location", "")
    response.headers["Location"] = there.replace("error=invalid_authorization_details", "error=access_denied")
    if not there:
        response.headers.pop("Location")


def _sorry(_request, response):
    if response.mimetype == "text/html":
        response.set_data("<title>Sorry</title><p>Sorry.</p>")


def _receipt(change):
    return _page("/receipt/", change)


@dataclass(frozen=True)
class Pages:
    """Faults that do not hide each other, planted together: a browser takes its time. Each has the rows it breaks."""

    name: str
    scopes: tuple[str, ...]
    faults: dict[str, Callable[[App], App]]

    @property
    def rows(self) -> set[str]:
        """Every row that one of them breaks."""
        return {row for rows in self.faults for row in rows.split()}

    def wrap(self, app: App) -> App:
        """All of them around an application that offers these scopes only."""
        return _only(*self.scopes)(reduce(lambda inner, wrap: wrap(inner), self.faults.values(), app))


_CLOSING = r'<section class="card stack" aria-labelledby="closing-title">.*?</section>'
_WHICH = r'<div class="part" id="s1-which">.*?</fieldset>\s*</div>\s*</div>'
_SECOND = r'<section class="card request" id="s2".*?</section>'
_BRAND = '<a class="brand" href="https://dge.example/" target="_blank"'
_BACK_IN = "document.querySelectorAll('.leave input').forEach(e => e.checked = false)"

PAGES = [
    Pages(
        "parts in another order",
        (ACCOUNTS,),
        {
            "WG3-01-9.2.1-01": _moved(_CLOSING, '<section class="card request"'),
            "WG3-01-9.2-03": _styled("main { min-width: 600px }"),
            "WG3-01-9.2.1.1-02": _page(FORM, _greeting),
            "WG3-01-9.2.1.1-06": _written(_BRAND, '<a class="brand" href="/"'),
            "WG3-01-9.2.1.2-02": _written("asks for access to your data", "says hello"),
            "WG3-01-9.2.1.4-01": _moved(_WHICH, '<div class="part">'),
            "WG3-01-9.2.1.6-01": _styled("#approve { position: absolute; inset-inline-start: -500px }"),
            "WG3-01-9.2.1.6-02": _written('id="decline"', 'id="decline" tabindex="-1"'),
            "WG3-01-9.2.1.7-03": _written("Privacy", "More"),
        },
    ),
    Pages("keys go elsewhere", (ACCOUNTS,), {"WG3-01-9.2-01": _written('id="decline"', 'id="decline" tabindex="3"')}),
    Pages(
        "wide, without an end",
        (ACCOUNTS,),
        {"WG3-01-9.2-04": _styled("main { min-width: 2000px }"), "WG3-01-9.2-02": _without(r"<footer.*?</footer>")},
    ),
    Pages("nothing is asked for", (ACCOUNTS,), {"WG3-01-9.2.1.3-01": _written('class="card request"', 'class="card"')}),
    Pages("one of two is lost", (ACCOUNTS, METERS), {"WG3-01-9.2.1.4-02": _without(_SECOND)}),
    Pages(
        "two in one, all or nothing",
        (ACCOUNTS, METERS),
        {
            "WG3-01-9.2.1.3-02": _styled(".request { margin-block: -3rem }"),
            "WG3-01-9.2.1.5-04": _styled(".only-2 { display: list-item !important }"),
            "WG3-01-9.2.1.3-04": _written('value="reset"', 'value="update"'),
            "WG3-01-9.2.1.3-03": _scripted(f"document.querySelector('form').onsubmit = () => {_BACK_IN}"),
        },
    ),
    Pages(
        "merged in name only",
        (METERS, SUPPLY),
        {
            "WG3-01-4.4-13": _written('id="s1-title"', 'id="s1-title" class="request"'),
            "WG3-01-9.2.2.2-21": _written(
                "<p><strong>Kept up to date", "<p>Until you stop it.</p>" * 2 + "<p><strong>Kept"
            ),
        },
    ),
    Pages(
        "nothing follows an edit",
        (ACCOUNTS,),
        {
            "WG3-01-9.2.1.4-03": _unasked("allow_scope_modifications"),
            "WG3-01-9.2.1.5-03": _styled(".tally .n::after { content: '' !important }"),
        },
    ),
    Pages(
        "lists that only stand there",
        (ACCOUNTS,),
        {
            "WG3-01-9.2.3.1-08": _written('value="none-1"', 'value="all-1"'),
            "WG3-01-9.2.3.1-10": _written('type="search" id="s1-find" name="s1-find"', 'type="search" name="lost"'),
            "WG3-01-9.2.3.1-11": _styled(".list-long { max-block-size: none }"),
            "WG3-01-9.2.3.1-12": _styled(".picked { order: 9 }"),
            "WG3-01-9.2.3.1-13": _styled(".picked .n::after { content: '1' !important }"),
            "WG3-01-9.2.3.1-14": _styled(".list li { display: block !important }"),
            _rows("9.2.3.1", 16, 17, 18): _unasked("account_numbers"),
        },
    ),
    Pages(
        "what is ticked stays so",
        (ACCOUNTS,),
        {
            "WG3-01-9.2.3.1-07": _scripted(
                "document.onclick = e => { if (e.target.matches('.one')) e.preventDefault() }"
            ),
            "WG3-01-9.2.3.1-09": _scripted(
                "document.onclick = e => { if (!e.target.matches('button, .find *')) e.preventDefault() }"
            ),
        },
    ),
    Pages(
        "durations that say nothing",
        (ACCOUNTS, "bill_statements", "service_bills", "usage_data"),
        {_rows("9.2.2.2", *range(3, 18)): _page(FORM, _vague)},
    ),
    Pages(
        "what is not said",
        (ACCOUNTS,),
        {
            "WG3-01-9.2.2.1-04": _written("<h3>What</h3>", "<h3>What</h3><p>" + "All that there is. " * 60 + "</p>"),
            "WG3-01-9.2.2.1-06": _written("<li>", "<li>include_accounts "),
            "WG3-01-9.2.2.1-07": _page(FORM, _without_example),
        },
    ),
    Pages(
        "nothing is said at all",
        (ACCOUNTS,),
        {
            "WG3-01-9.2.2.1-01": _styled("#s1 > .part:nth-of-type(1) * { display: none }"),
            "WG3-01-9.2.2.1-05": _styled("details > :not(summary) { display: none }"),
        },
    ),
    Pages("reasons lost", (ACCOUNTS,), {"WG3-01-7.4.4-10 WG3-01-9.2.1.4-05": _unasked("purpose")}),
    Pages(
        "reasons nobody gave",
        (ACCOUNTS,),
        {
            "WG3-01-7.4.4-09 WG3-01-9.2.1.4-06": _written(
                "<h3>How long", '<div class="purpose">To learn.</div><h3>How long'
            )
        },
    ),
    Pages(
        "reasons that run wild",
        (ACCOUNTS,),
        {
            "WG3-01-8.3-09": _written("</main>", "kit-internal-linked</main>"),
            "WG3-01-9.2.2.4-01": _page(FORM, _no_use),
            "WG3-01-9.2.2.4-02": _page(FORM, _whose),
            "WG3-01-9.2.2.4-03": _written("20. A line of its own.", ""),
            "WG3-01-9.2.2.4-04": _written("&lt;b&gt;", "<b>"),
            "WG3-01-9.2.2.4-05": _written('href="https://kit.example/why"', 'href="https://kit.example/other"'),
            "WG3-01-9.2.2.4-06": _written("Why the kit asks", "More"),
            _rows("9.2.2.4", 7, 8): _written('target="_blank" rel="noopener nofollow"', 'rel="nofollow"'),
            "WG3-01-9.2.2.4-09": _styled(".purpose { min-height: 40em }"),
            _rows("9.2.2.4", 10, 11): _styled(".purpose { max-block-size: none !important }"),
            "WG3-01-9.2.2.4-12": _styled(".purpose { white-space: normal }"),
            "WG3-01-9.2.2.4-13": _styled(".purpose { word-break: normal }"),
            "WG3-01-9.2.2.4-14": _styled(".purpose { overflow: auto }"),
        },
    ),
    Pages(
        "half a decision",
        (ACCOUNTS,),
        {
            "WG3-01-9.2.1.6-04": _written('name="do" value="decline"', 'name="do" value="approve"'),
            "WG3-01-9.2.1.6-05": _without(r'<li><a href="#s1[^>]*>[^<]*</a></li>'),
            "WG3-01-9.2.1.6-06": _page(FORM, _unmarked),
        },
    ),
    Pages(
        "one more step",
        (ACCOUNTS,),
        {
            "WG3-01-9.2-10 WG3-01-9.2.1.4-04 WG3-01-9.2.1.6-11 WG3-01-9.2.1.6-13": _written(
                'name="do" value="approve"', 'name="do" value="update"'
            )
        },
    ),
    Pages("agreed twice", (ACCOUNTS,), {_rows("9.2.1.6", 8, 9): answering("/grants", _twice)}),
    Pages(
        "no second try, and nobody else",
        (ACCOUNTS,),
        {
            "WG3-01-9.2.1.6-07": _page(FORM, _once),
            "WG3-01-9.2.1.7-01": _without(r'<a href="/sign-in\?next=[^"]*">.*?</a>'),
            "WG3-01-9.1.2-02": _forgotten,
        },
    ),
    Pages("a form for everybody", (ACCOUNTS,), {"WG3-01-9.1.1-18": responding("/sign-in", _at_once)}),
    Pages(
        "asked in vain, told little",
        (ACCOUNTS,),
        {
            "WG3-01-9.3.1-02": _page(FORM, _found),
            "WG3-01-9.3.1-03": _written("Conformance kit", "Somebody"),
            "WG3-01-9.3.1-04": _written("KIT-0-NOBODY", ""),
            "WG3-01-9.3.1-05": _written("<main ", "<p>account_numbers</p><main "),
            "WG3-01-9.3.1-06": _without(r'<a class="btn btn-go".*?</a>'),
            "WG3-01-9.3.1-09": _without(r'<a class="btn btn-go".*?</a>'),
            "WG3-01-9.3.1-08": responding(FORM, _denied_instead),
        },
    ),
    Pages(
        "asked in vain, and no way out",
        (ACCOUNTS,),
        {"WG3-01-9.3.1-07": _without(r'<button class="btn btn-no".*?</button>')},
    ),
    Pages(
        "asked in vain, and back to the start",
        (ACCOUNTS,),
        {"WG3-01-9.3.1-10": _written("/sign-in?next=/consent/", "/sign-in?next=/my-data?")},
    ),
    Pages(
        "nothing found is no matter",
        (ACCOUNTS,),
        {"WG3-01-9.3.1-01 WG3-01-9.1.1-23": _unasked("error_if_no_preselections")},
    ),
    Pages("wrong, and nobody says so", (ACCOUNTS,), {_rows("9.3.2", 2, 3): responding("/oauth/authorize", _sorry)}),
    Pages(
        "ended, and nobody says how", (ACCOUNTS,), {_rows("9.3.3", 3, 4, 5, 6): responding("/receipt-redirect", _sorry)}
    ),
    Pages(
        "a receipt of nothing",
        (ACCOUNTS,),
        {
            "WG3-01-9.4-22": _receipt(lambda html: html.replace('<rect class="mark"', '<rect class="other"')),
            "WG3-01-9.4-24": _receipt(lambda html: re.sub(r"\b\d{1,2}:\d\d\b", "", html)),
            "WG3-01-9.4-30": _receipt(lambda html: html.replace("Your accounts", "Things")),
            "WG3-01-9.4-31": _receipt(
                lambda html: re.sub(r'<dd class="stack-s">\s*<p>.*?</p>', "<dd><p>All.</p>", html, flags=re.DOTALL)
            ),
            "WG3-01-9.4-34": _receipt(lambda html: html.replace("Kiosk", "Place")),
            "WG3-01-9.4-39": _receipt(lambda html: html.replace("20. A line of its own.", "")),
            "WG3-01-9.4-41": _receipt(lambda html: html.replace("terms", "words")),
            "WG3-01-9.4-42": _receipt(lambda html: re.sub(r"<p>Questions\?.*?</p>", "", html, flags=re.DOTALL)),
            "WG3-01-9.4-43": _receipt(
                lambda html: re.sub(r'<details class="more stop".*?</details>', "", html, flags=re.DOTALL)
            ),
            "WG3-01-9.4-47": _receipt(lambda html: html.replace("</h1>", " P1Y</h1>")),
            "WG3-01-9.4-55": _receipt(lambda html: re.sub("print", "keep", html)),
            _rows("9.4", 33, 38): _receipt(
                lambda html: re.sub(r'<a lang="[^"]*" href="/sign-in.*?</a>', "", html, flags=re.DOTALL)
            ),
        },
    ),
    Pages(
        "a receipt without a state",
        (ACCOUNTS,),
        {"WG3-01-9.4-25": _receipt(lambda _: "<header class='top'></header><main>You agreed.</main>")},
    ),
]
