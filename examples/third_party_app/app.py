"""
Kestrel Carbon: an example app that asks a customer for their energy data and shows it back to them.

    python app.py            # then open http://127.0.0.1:8001

It shows every step an integrator needs: register once, push a request (PAR) with authorization_details and PKCE,
send the browser to the utility, check what comes back, redeem the code, read with the token, refresh it, and be kind
when the customer has stopped sharing. `cds.py` holds the protocol, `around.py` what stands around pages, `energy.py`
the sums, this file the pages.
"""

from __future__ import annotations

import os
import secrets
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import energy
from around import Connections, Ourselves, serve, surround
from cds import AccessEnded, CDSError, Client
from flask import Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from store import Store

SERVER = os.environ.get("KESTREL_CDS_SERVER", "http://127.0.0.1:8000")
PORT = int(os.environ.get("KESTREL_PORT", "8001"))
STATE_FILE = Path(os.environ.get("KESTREL_STATE_FILE", Path(__file__).with_name("state.json")))

#: What we ask customers for: who supplies them, what they use and pay from a year ago on, where their power comes from.
#: Numbers and service types only tick services on the form beforehand; the customer decides.
SCOPE = "supply_details usage_data service_bills generation_mix"
DETAILS: list[dict[str, Any]] = [
    {"type": "supply_details", "contract_numbers": ["_all"]},
    {"type": "usage_data", "contract_numbers": ["_all"], "segment_start": "P1Y", "segment_end": "infinite"},
    {"type": "service_bills", "contract_numbers": ["_all"], "start_date": "P1Y", "end_date": "infinite"},
    {"type": "generation_mix", "service_types": ["electric"], "segment_start": "P1Y", "segment_end": "infinite"},
]

SOURCES = {
    "wind": ("Wind", "p1"),
    "solar": ("Sun", "p2"),
    "natural_gas": ("Gas", "p5"),
    "hydro": ("Water", "p4"),
    "nuclear": ("Nuclear", "p3"),
    "coal": ("Coal", "p6"),
}
KINDS = {"electric": "Electricity", "natural_gas": "Gas", "water": "Water"}

app = Flask(__name__)
store = Store(STATE_FILE)
ours = Connections(
    Ourselves(
        SERVER,
        name="Kestrel Carbon",
        site="https://kestrel.example/",
        redirect_uri=f"http://127.0.0.1:{PORT}/callback",
        scope=SCOPE,
        contact="developer@kestrel.example",
    ),
    store,
)
surround(app, SERVER, cookie="kestrel", key=store.cookie_key)


@app.get("/")
def start() -> ResponseReturnValue:
    """Invite a customer, or show what they shared."""
    if store.connection(session.get("browser")):
        return redirect(url_for("overview"))
    return render_template("start.html")


@app.post("/connect")
def connect() -> ResponseReturnValue:
    """Push our request and send the customer to their utility."""
    asked = ours.client().ask(DETAILS)
    session.setdefault("browser", secrets.token_urlsafe(24))
    session["asked"] = {"state": asked.state, "code_verifier": asked.code_verifier}
    return redirect(asked.url, 303)


@app.get("/callback")
def callback() -> ResponseReturnValue:
    """The customer comes back, with a code or with a no."""
    asked = session.pop("asked", None)
    if asked is None:
        raise CDSError(
            "We did not ask for this answer, or you have opened it twice. Connect again from the start page."
        )
    token = ours.client().redeem(request.args.to_dict(), **asked)
    connection = {"token": token, "since": datetime.now().astimezone().isoformat()}
    store.keep_connection(session["browser"], connection)
    return redirect(url_for("overview"), 303)


@app.get("/energy")
def overview() -> ResponseReturnValue:
    """The customer's energy, as far as they agreed."""
    connection = store.connection(session.get("browser"))
    if connection is None:
        return redirect(url_for("start"))
    client = ours.client()
    zone = ZoneInfo(client.timezone)
    today = datetime.now(zone).date()
    view, at = request.args.get("view", "days"), _day(request.args.get("at"), today)
    services = [_service(each) for each in ours.read("/supply_details", "service_contracts")]
    services.sort(key=lambda each: list(KINDS).index(each["kind"]))
    chosen = next((each for each in services if each["id"] == request.args.get("service")), None)
    chosen = chosen or next(iter(services), None)
    use = energy.view_of(view, at, zone)
    if chosen is None:
        return render_template("empty.html", client=client)
    _fill(chosen, use)
    week = _fill(chosen, energy.week_before(today, zone))
    mixes = _mixes(chosen, today, zone) if chosen["kind"] == "electric" else {}
    return render_template(
        "energy.html",
        services=services,
        chosen=chosen,
        use=use,
        nice_top=energy.nice_top,
        top=energy.nice_top(max([*(bar.used for bar in use.bars), *(bar.sent for bar in use.bars)])),
        view=view,
        newest=use.end is None or use.end.astimezone(zone).date() > today,
        week=week,
        carbon=_carbon(week, mixes),
        mixes=mixes,
        costs=_costs(chosen),
        so_far=_so_far(client, chosen, today, zone),
        sources=SOURCES,
        since=datetime.fromisoformat(connection["since"]),
        utility=client.endpoints["cds"]["name"],
        my_data=f"{SERVER}/my-data",
    )


@app.post("/disconnect")
def disconnect() -> ResponseReturnValue:
    """Forget the token. What the customer agreed to ends at the utility; the page says so."""
    store.forget_connection(session.get("browser"))
    return render_template(
        "message.html", title="Forgotten", words="We have thrown our key away.", link=f"{SERVER}/my-data"
    )


@app.errorhandler(AccessEnded)
def ended(refusal: AccessEnded) -> ResponseReturnValue:
    """The customer has said no, or no longer: not a fault, and nothing to argue about."""
    store.forget_connection(session.get("browser"))
    return render_template("message.html", title="We can no longer see your energy", words=str(refusal), again=True)


@app.template_filter("number")
def number(value: Decimal) -> str:
    """Three digits that mean something, with thousands apart: 1,240 or 12.3 or 0.52."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f}"


@app.template_filter("money")
def money(value: Decimal) -> str:
    """Every digit the bill has, with thousands apart: 1,240.50."""
    return f"{value:,f}"


@app.template_filter("plain")
def plain(value: Decimal) -> str:
    """A round number without zeros that say nothing: 20 or 1.5."""
    return f"{value.normalize():,f}"


def _fill(service: dict[str, str], use: energy.Use) -> energy.Use:
    if use.start is None or use.end is None:
        return use
    window = {"after": use.start.isoformat(), "before": use.end.isoformat()}
    return use.take(ours.read("/usage_data", "usage_segments", cds_servicecontract_ids=service["id"], **window))


def _mixes(service: dict[str, str], today: date, zone: ZoneInfo) -> dict[str, Any]:
    """The shares of the newest month that is over."""
    last = today.replace(day=1) - timedelta(days=1)
    middle = datetime(last.year, last.month, 15, tzinfo=zone).isoformat()
    window = {"after": middle, "before": middle, "cds_servicecontract_ids": service["id"]}
    mixes: dict[str, Any] = energy.shares(ours.read("/generation_mix", "usage_segments", **window))
    return {"month": f"{last:%B %Y}", **mixes} if mixes else {}


def _costs(service: dict[str, str]) -> energy.Costs:
    """What the service cost on the bills of a year."""
    return energy.costs(ours.read("/service_bills", "bill_sections", cds_servicecontract_ids=service["id"]))


def _so_far(client: Client, service: dict[str, str], today: date, zone: ZoneInfo) -> tuple[Decimal, str] | None:
    """What this month has cost so far and the currency, as an estimate; None where it cannot be told."""
    # Not every CDS server has this; its metadata say so.
    if "cdsc_cost_estimates_api" not in client.endpoints:
        return None
    start = datetime(today.year, today.month, 1, tzinfo=zone).isoformat()
    try:
        estimates = ours.read("/cost_estimates", "cost_estimates", cds_servicecontract_ids=service["id"], start=start)
    except AccessEnded:
        raise
    except CDSError:
        # Who shares use without what it costs still sees their use.
        return None
    known = [(each.get("total", each["energy"]), each["currency"]) for each in estimates if each["energy"] is not None]
    return (sum((amount for amount, _ in known), Decimal(0)), known[0][1]) if known else None


def _carbon(week: energy.Use, mixes: dict[str, Any]) -> Decimal | None:
    """Kilograms of CO2e behind the week's electricity."""
    return week.total * mixes["individual"]["carbon"] / 1000 if mixes.get("individual") else None


def _service(contract: dict[str, Any]) -> dict[str, str]:
    kind = next((each for each in contract["service_types"] if each in KINDS), "electric")
    place = contract.get("contract_address", "").partition("\n")[0] or contract.get("contract_number") or "your place"
    return {"id": contract["cds_servicecontract_id"], "kind": kind, "kind_name": KINDS[kind], "place": place}


def _day(text: str | None, today: date) -> date:
    try:
        return min(date.fromisoformat(text), today) if text else today
    except ValueError:
        return today


if __name__ == "__main__":
    serve(app, PORT, "KESTREL_PORT")
