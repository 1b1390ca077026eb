"""Registrations, and pages of 100 out of 10,000 Messages and Grants, over HTTP, beside Authlib and Flask alone."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import requests
from sqlalchemy import Engine, create_engine, insert
from sqlalchemy.orm import Session

from benchmarks.context import Context, Figures
from benchmarks.load import Load, Script, request
from benchmarks.targets import FORM, Always, Target, authlib, basic_header, hello, measure, ours
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import engine_options, prepare
from cdsc_server.storage.grants import GrantRow, ReplacementRow
from cdsc_server.storage.messages import MessageRow

REGISTRATION: Final = "registration"
#: Of each, in one registration.
LISTED: Final = 10_000
#: How many pages lie before the deep ones.
DEEP: Final = 40
JSON: Final = {"Content-Type": "application/json"}
#: Four Client Objects: the Client Admin, two that need no Customer, and the one that asks Customers.
OURS: Final = {
    "scope": "cds_client_admin cds_server_provided_files usage_data",
    "client_name": "Bright Bills",
    "contacts": ["mailto:desk@client.example"],
    "client_uri": "https://client.example/",
}
#: One client, which is all that RFC 7591 has.
PEERS: Final = {
    "scope": "usage_data",
    "client_name": "Bright Bills",
    "contacts": ["mailto:desk@client.example"],
    "client_uri": "https://client.example/",
    "redirect_uris": ["https://client.example/callback"],
    "response_types": ["code"],
    "grant_types": ["client_credentials", "authorization_code"],
}


def run(context: Context) -> None:
    """Every scenario in every round: with 32 connections for the rate, and with one for how long a page takes."""
    rounds, seconds = (2, 0.5) if context.quick else (5, 2.0)
    taken: dict[tuple[str, str], list[tuple[Load, Load]]] = {}
    with ExitStack() as stack:
        targets = [
            stack.enter_context(_ours(context)),
            stack.enter_context(_peer(context)),
            stack.enter_context(hello("granian")),
        ]
        scenarios = list(dict.fromkeys(name for target in targets for name in target.scenarios))
        for turn in range(-1, rounds):
            for scenario in scenarios:
                for target in targets:
                    if scenario in target.scenarios:
                        both = measure(target, scenario, seconds), measure(target, scenario, seconds / 2, connections=1)
                        if turn >= 0:
                            taken.setdefault((scenario, target.name), []).append(both)
    _tell(context, taken)


def _tell(context: Context, taken: dict[tuple[str, str], list[tuple[Load, Load]]]) -> None:
    rates = {key: Figures([busy.rate for busy, _ in rounds]) for key, rounds in taken.items()}
    alone = {key: Figures([calm.milliseconds(0.5) for _, calm in rounds]) for key, rounds in taken.items()}
    rows = []
    for key, rounds in taken.items():
        p99 = Figures([busy.milliseconds(0.99) for busy, _ in rounds])
        peer = rates.get((key[0], "Authlib minimal"))
        rows.append(
            (
                *key,
                rates[key].spread(digits=0),
                p99.spread(digits=0),
                alone[key].spread(digits=1),
                peer.times(rates[key]).spread() if peer else "",
                rates["hello", "Flask alone"].times(rates[key]).spread(digits=3),
            )
        )
    heading = ("what", "target", "in a second", "p99 ms", "ms, one connection", "times Authlib", "times Flask alone")
    context.table(heading, rows)


@contextmanager
def _ours(context: Context) -> Iterator[Target]:
    """Our server, with a registration that has long lists."""
    # Nobody registers so often from one address; the counting itself stays.
    with ours(context, "granian", CDSC_REGISTRATIONS_PER_HOUR="100000000") as target:
        admin = requests.post(f"{target.url}/oauth/register", json=OURS, timeout=30).json()
        form = urlencode({"grant_type": "client_credentials", "scope": "cds_client_admin"})
        basic = basic_header(admin["client_id"], admin["client_secret"])
        token = requests.post(f"{target.url}/oauth/token", data=form, headers={**basic, **FORM}, timeout=30).json()
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        clients = requests.get(f"{target.url}/clients", headers=bearer, timeout=30).json()["clients"]
        assert len(clients) == 4, clients
        engine = create_engine(target.database_url, **engine_options(target.database_url))
        prepare(engine)
        _fill(engine, next(each["client_id"] for each in clients if each["response_types"]))
        engine.dispose()
        body = json.dumps(OURS)
        target.scenarios = {
            REGISTRATION: Always(request("POST", "/oauth/register", JSON, body)),
            **_pages(target, bearer),
        }
        yield target


@contextmanager
def _peer(context: Context) -> Iterator[Target]:
    with authlib(context, "granian") as target:
        target.scenarios = {REGISTRATION: Always(request("POST", "/oauth/register", JSON, json.dumps(PEERS)))}
        yield target


def _pages(target: Target, bearer: dict[str, str]) -> dict[str, Callable[[], Script]]:
    """First and deep pages; the way to the deep ones is the one a Client goes."""
    lists = {"Messages": ("/messages?segment=unread", "unread"), "Grants": ("/grants", "")}
    places = {"Messages, three lists of 100": "/messages"}
    for name, (first, segment) in lists.items():
        place = first
        for _ in range(DEEP):
            found = requests.get(target.url + place, headers=bearer, timeout=30).json()
            assert len(found[segment or "grants"]) == 100
            place = found[f"{segment}_next" if segment else "next"].removeprefix(target.url)
        places |= {f"{name}, first page": first, f"{name}, page {DEEP + 1}": place}
    return {name: Always(request("GET", place, bearer)) for name, place in places.items()}


def _fill(engine: Engine, client_id: str) -> None:
    """10,000 Messages and 10,000 Grants; most Messages are unread, some wait for somebody."""
    now = datetime.now(UTC)
    with Session(engine) as session, session.begin():
        registration_id = session.get_one(ClientRow, client_id).registration_id
        session.add(CustomerRow(customer_id="ada", display_name="Ada", is_test=True, created=now))
        session.flush()
        session.execute(insert(MessageRow), [_message(n, registration_id, now) for n in range(LISTED)])
        grants = [_grant(n, registration_id, client_id, now) for n in range(LISTED)]
        session.execute(insert(GrantRow), grants)
        # Every tenth Grant took the place of the one before it.
        session.execute(
            insert(ReplacementRow),
            [
                {"grant_id": grants[n]["grant_id"], "replaced_id": grants[n - 1]["grant_id"]}
                for n in range(1, LISTED, 10)
            ],
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _message(n: int, registration_id: str, now: datetime) -> dict[str, Any]:
    at = now - timedelta(minutes=n // 3)
    return {
        "message_id": secrets.token_hex(12),
        "registration_id": registration_id,
        "type": "server_request",
        "status": "open" if n % 20 == 0 else "complete",
        "read": n % 10 == 1,
        "name": f"A request, the {n}th",
        "description": "Please say on what page of yours a Customer starts. " * 4,
        "updates_requested": [{"field": "redirect_uris", "description": "Where a Customer comes back to."}],
        "created": at,
        "modified": at,
    }


def _grant(n: int, registration_id: str, client_id: str, now: datetime) -> dict[str, Any]:
    at = now - timedelta(minutes=n // 3)
    details = [{"type": "usage_data", "segment_start": "2025-01-01T00:00:00Z", "segment_end": "infinite"}]
    return {
        "grant_id": f"grant-{secrets.token_hex(12)}",
        "registration_id": registration_id,
        "client_id": client_id,
        "customer_id": "ada",
        "status": "active",
        "scope": "usage_data",
        "authorization_details": details,
        "enabled_scope": "usage_data",
        "enabled_authorization_details": details,
        "selections": [{"kind": "account_selection", "ids": ["account"], "include_future": False, "left_out": []}],
        "states": [f"state-{n}"],
        "receipt_confirmations": [f"DGE-{n}"],
        "created": at,
        "modified": at,
        "expires": now + timedelta(days=365),
    }
