"""Tokens, introspection and the code flow over HTTP, beside Authlib at its smallest, on two web servers."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from benchmarks.context import Context, Figures
from benchmarks.load import Script, request
from benchmarks.targets import FORM, Always, Target, authlib, basic_header, hello, measure, ours
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.storage.authorizations import CodeRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import engine_options, prepare
from cdsc_server.storage.grants import GrantRow

CALLBACK = "https://client.example/callback"
VERIFIER = "v" * 64
CHALLENGE = create_s256_code_challenge(VERIFIER)
SERVERS = ("granian", "gunicorn")
#: More than are redeemed in all rounds together.
CODES = 60_000


def run(context: Context) -> None:
    """Rounds in which every target takes its turn; a ratio is taken inside a round, to the peer on the same server."""
    rounds, seconds = (2, 0.5) if context.quick else (5, 2.0)
    with ExitStack() as stack:
        targets = [
            target
            for server in SERVERS
            for target in (
                stack.enter_context(_ours(context, server)),
                stack.enter_context(_peer(context, server)),
                stack.enter_context(hello(server)),
            )
        ]
        taken: dict[tuple[str, str, str], list[tuple[float, float, float]]] = {}
        for turn in range(-1, rounds):
            for scenario in ("client_credentials", "introspection", "code flow", "hello"):
                for target in targets:
                    if scenario in target.scenarios:
                        figures = _measure(target, scenario, seconds)
                        if turn >= 0:
                            taken.setdefault((scenario, target.server, target.name), []).append(figures)
    _tell(context, taken)


def _measure(target: Target, scenario: str, seconds: float) -> tuple[float, float, float]:
    shown = measure(target, scenario, seconds)
    # Two requests make one flow.
    rate = shown.rate / 2 if scenario == "code flow" else shown.rate
    return rate, shown.milliseconds(0.5), shown.milliseconds(0.99)


def _tell(context: Context, taken: dict[tuple[str, str, str], list[tuple[float, float, float]]]) -> None:
    rows = []
    for (scenario, server, name), rounds in taken.items():
        rates, p50, p99 = (Figures([each[place] for each in rounds]) for place in range(3))
        peer = taken.get((scenario, server, "Authlib minimal"), [])
        ratio = Figures([ours[0] / theirs[0] for ours, theirs in zip(rounds, peer, strict=True)]) if peer else None
        rows.append(
            (
                scenario,
                server,
                name,
                rates.spread(digits=0),
                p50.spread(digits=1),
                p99.spread(digits=1),
                ratio.spread() if ratio else "",
            )
        )
    context.table(("what", "server", "target", "in a second", "p50 ms", "p99 ms", "times Authlib minimal"), rows)


def _asking(client_id: str) -> str:
    return "/oauth/authorize?" + urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "scope": "usage_data",
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
    )


def _redeeming(code: str) -> str:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return urlencode(form)


@contextmanager
def _ours(context: Context, server: str) -> Iterator[Target]:
    """Our server: registered Clients, a signed-in browser's cookie, and codes as approvals leave them."""
    with ours(context, server) as target:
        target.scenarios = _our_scenarios(target.url, target.database_url)
        yield target


def _our_scenarios(url: str, database_url: str) -> dict[str, Callable[[], Script]]:
    body = {"scope": "cds_client_admin usage_data"}
    admin = requests.post(f"{url}/oauth/register", json=body, timeout=30).json()
    basic = basic_header(admin["client_id"], admin["client_secret"])
    form = urlencode({"grant_type": "client_credentials", "scope": "cds_client_admin"})
    token = requests.post(f"{url}/oauth/token", data=form, headers={**basic, **FORM}, timeout=30).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    clients = requests.get(f"{url}/clients", headers=bearer, timeout=30).json()["clients"]
    app = next(each for each in clients if each["response_types"])
    changed = {**app, "redirect_uris": [CALLBACK], "cds_default_redirect_uri": CALLBACK}
    requests.put(f"{url}/clients/{app['client_id']}", json=changed, headers=bearer, timeout=30).raise_for_status()
    made = requests.post(f"{url}/credentials", json={"client_id": app["client_id"]}, headers=bearer, timeout=30).json()
    codes = _store_codes(database_url, app["client_id"])
    asked = requests.get(url + _asking(app["client_id"]), allow_redirects=False, timeout=30)
    cookie = {"Cookie": asked.headers["Set-Cookie"].split(";", 1)[0]}
    own = basic_header(app["client_id"], made["client_secret"])
    first = _redeeming(next(codes))
    access = requests.post(f"{url}/oauth/token", data=first, headers={**own, **FORM}, timeout=30).json()
    authorize = request("GET", _asking(app["client_id"]), cookie)

    def flow() -> Script:
        turns = itertools.cycle((False, True))

        def ask(_answer: bytes | None) -> bytes:
            return request("POST", "/oauth/token", own, _redeeming(next(codes))) if next(turns) else authorize

        return ask

    return {
        "client_credentials": Always(request("POST", "/oauth/token", basic, form)),
        "introspection": Always(
            request("POST", "/oauth/introspect", own, urlencode({"token": access["access_token"]}))
        ),
        "code flow": flow,
    }


def _store_codes(database_url: str, client_id: str) -> Iterator[str]:
    """Codes for one Grant, ready to be redeemed."""
    now = datetime.now(UTC)
    engine = create_engine(database_url, **engine_options(database_url))
    prepare(engine)
    codes = [secrets.token_urlsafe(32) for _ in range(CODES)]
    details = [{"type": "usage_data", "segment_start": "2025-01-01T00:00:00Z", "segment_end": "infinite"}]
    with Session(engine) as session, session.begin():
        registration_id = session.get_one(ClientRow, client_id).registration_id
        session.add(CustomerRow(customer_id="ada", display_name="Ada", is_test=True, created=now))
        session.flush()
        session.add(
            GrantRow(
                grant_id="grant",
                registration_id=registration_id,
                client_id=client_id,
                customer_id="ada",
                status="active",
                scope="usage_data",
                authorization_details=details,
                enabled_scope="usage_data",
                enabled_authorization_details=details,
                selections=[{"kind": "account_selection", "ids": [], "include_future": False, "left_out": []}],
                states=[],
                receipt_confirmations=[],
                created=now,
                modified=now,
            )
        )
        session.flush()
        plain = {
            "client_id": client_id,
            "grant_id": "grant",
            "redirect_uri": CALLBACK,
            "redirect_uri_sent": True,
            "code_challenge": CHALLENGE,
            "created": now,
            "expires": now + timedelta(hours=1),
        }
        session.execute(insert(CodeRow), [{**plain, "code_hash": secret_hash(code)} for code in codes])
    engine.dispose()
    return iter(codes)


@contextmanager
def _peer(context: Context, server: str) -> Iterator[Target]:
    """The peer with one client."""
    with authlib(context, server) as target:
        form = urlencode({"grant_type": "client_credentials", "scope": "usage_data"})
        made = requests.post(f"{target.url}/oauth/token", data=form, headers={**target.basic, **FORM}, timeout=30)
        seen = urlencode({"token": made.json()["access_token"]})
        authorize = request("GET", _asking("peer"), {})

        def flow() -> Script:
            def ask(answer: bytes | None) -> bytes:
                code = None if answer is None else _code_in(answer)
                return authorize if code is None else request("POST", "/oauth/token", target.basic, _redeeming(code))

            return ask

        target.scenarios = {
            "client_credentials": Always(request("POST", "/oauth/token", target.basic, form)),
            "introspection": Always(request("POST", "/oauth/introspect", target.basic, seen)),
            "code flow": flow,
        }
        yield target


def _code_in(answer: bytes) -> str | None:
    head = answer.partition(b"\r\n\r\n")[0].decode()
    place = next((line for line in head.splitlines() if line.lower().startswith("location:")), None)
    return None if place is None else parse_qs(urlsplit(place.split(":", 1)[1].strip()).query)["code"][0]
