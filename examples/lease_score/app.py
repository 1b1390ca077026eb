"""
Fairlet: an example app that scores how well a lease and its energy fit an income, and shows every part of the score.

    python app.py            # then open http://127.0.0.1:8006

It asks a customer once for twelve months of use and bills, adds them up by the month, forgets the readings, and keeps
the sums until the customer deletes them or stops sharing. The protocol and what stands around pages are those of the
app beside it, `cds.py` and `around.py`; the score is `scoring.py`, the sums are `months.py`, this file is the pages.
"""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

# The protocol, and what stands around pages, are those of the other app.
sys.path.append(str(Path(__file__).parents[1] / "third_party_app"))

import months
import scoring
from around import Connections, Ourselves, serve, surround
from cds import AccessEnded, CDSError
from flask import Flask, redirect, render_template, request, send_from_directory, session, url_for
from flask.typing import ResponseReturnValue
from store import Store

SERVER = os.environ.get("FAIRLET_CDS_SERVER", "http://127.0.0.1:8000")
PORT = int(os.environ.get("FAIRLET_PORT", "8006"))
STATE_FILE = Path(os.environ.get("FAIRLET_STATE_FILE", Path(__file__).with_name("state.json")))

#: Twelve whole months lie within the last thirteen; nothing from now on is asked for.
SCOPE = "supply_details usage_data service_bills"
DETAILS: list[dict[str, Any]] = [
    {"type": "supply_details", "contract_numbers": ["_all"]},
    {"type": "usage_data", "service_types": ["electric"], "segment_start": "P13M", "segment_end": "PT0S"},
    {"type": "service_bills", "service_types": ["electric", "natural_gas"], "start_date": "P1Y", "end_date": "P0D"},
]
COLOURS = ("p1", "p2", "p3", "p4", "p5")

app = Flask(__name__)
store = Store(STATE_FILE)
ours = Connections(
    Ourselves(
        SERVER,
        name="Fairlet",
        site="https://fairlet.example/",
        redirect_uri=f"http://127.0.0.1:{PORT}/callback",
        scope=SCOPE,
        contact="developer@fairlet.example",
    ),
    store,
)
surround(app, SERVER, cookie="fairlet", key=store.cookie_key)


@app.get("/")
def start() -> ResponseReturnValue:
    """Say what is asked for and why, or show the score."""
    if store.connection(session.get("browser")):
        return redirect(url_for("result"))
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
    """The customer comes back: read everything once, keep the sums."""
    asked = session.pop("asked", None)
    if asked is None:
        raise CDSError("We did not ask for this answer, or you have opened it twice. Begin again from the start page.")
    client, browser = ours.client(), session["browser"]
    connection = {
        "token": client.redeem(request.args.to_dict(), **asked),
        "since": datetime.now().astimezone().isoformat(),
        "declared": {},
    }
    store.keep_connection(browser, connection)
    zone = ZoneInfo(client.timezone)
    today = datetime.now(zone).date()
    contracts = ours.read("/supply_details", "service_contracts")
    used = months.monthly(ours.read("/usage_data", "usage_segments"), today, zone)
    # Water is billed by the same utility, and is no energy.
    energy = [
        each["cds_servicecontract_id"] for each in contracts if {"electric", "natural_gas"} & set(each["service_types"])
    ]
    billed = ours.read("/service_bills", "bill_sections", cds_servicecontract_ids=" ".join(energy))
    cost, currency = months.mean_cost(billed if energy else [])
    sums = {
        "months": [{**asdict(each), **_texts(each)} for each in used],
        "cost": None if cost is None else str(cost.quantize(Decimal("0.01"))),
        "currency": currency,
        "kinds": sorted({kind for each in contracts for kind in each["service_types"]}),
    }
    store.keep_connection(browser, {**(store.connection(browser) or connection), "sums": sums})
    return redirect(url_for("result"), 303)


@app.route("/score", methods=["GET", "POST"])
def result() -> ResponseReturnValue:
    """The score and all that it is made of; a form changes what is declared."""
    browser = session.get("browser")
    connection = store.connection(browser)
    if browser is None or connection is None or "sums" not in connection:
        return redirect(url_for("start"))
    client = ours.client()
    # Whoever has stopped sharing is deleted before anything is shown.
    ours.read("/supply_details", "service_contracts")
    connection = store.connection(browser) or connection
    faults: dict[str, str] = {}
    sent = connection["declared"]
    if request.method == "POST":
        sent = {name: request.form.get(name, "").strip() for name in ("income", "rent", "people")}
        faults = _faults(sent)
        if not faults:
            store.keep_connection(browser, {**connection, "declared": sent})
            return redirect(url_for("result"), 303)
    declared = _declared(connection["declared"])
    sums = connection["sums"]
    used = [
        scoring.Month(each["name"], Decimal(each["kwh"]), Decimal(each["known"]), Decimal(each["estimated"]))
        for each in sums["months"]
    ]
    cost = None if sums["cost"] is None else Decimal(sums["cost"])
    year = scoring.yearly(used)
    page = render_template(
        "score.html",
        score=scoring.score(used, cost, declared),
        colours=COLOURS,
        months=used,
        highest=max([*(each.kwh for each in used), (year or Decimal(0)) / scoring.MONTHS, Decimal(1)]),
        mean=None if year is None else year / scoring.MONTHS,
        cost=cost,
        currency=sums["currency"] or client.endpoints["cds"].get("currency", ""),
        kinds=sums["kinds"],
        complete=scoring.completeness(used),
        estimated=max(each.estimated for each in used),
        usual=scoring.usual(declared.people) if declared.people else None,
        sent=sent,
        faults=faults,
        since=datetime.fromisoformat(connection["since"]),
        utility=client.endpoints["cds"]["name"],
        my_data=f"{SERVER}/my-data",
    )
    return page, 422 if faults else 200


@app.post("/delete")
def delete() -> ResponseReturnValue:
    """Delete everything we have of this customer."""
    store.forget_connection(session.get("browser"))
    session.clear()
    return render_template(
        "message.html",
        title="Deleted",
        words="We have deleted your score, what it was made of, and our key to your data.",
        link=f"{SERVER}/my-data",
    )


@app.get("/kestrel.css")
def shared_style() -> ResponseReturnValue:
    """The style sheet of the app beside this one; ours changes its colours."""
    return send_from_directory(Path(__file__).parents[1] / "third_party_app" / "static", "kestrel.css")


@app.errorhandler(AccessEnded)
def ended(refusal: AccessEnded) -> ResponseReturnValue:
    """The customer has said no, or no longer: everything about them goes."""
    store.forget_connection(session.get("browser"))
    words = f"{refusal} We have deleted all we had of you."
    return render_template("message.html", title="Nothing is left here", words=words, again=True)


@app.template_filter("points")
def points(value: Decimal) -> str:
    """Points without zeros that say nothing: 25 or 17.5."""
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _texts(month: scoring.Month) -> dict[str, str]:
    """The numbers of a month as JSON keeps them exactly."""
    return {name: str(getattr(month, name)) for name in ("kwh", "known", "estimated")}


def _faults(sent: dict[str, str]) -> dict[str, str]:
    """What cannot be right of what was declared; empty says nothing, and is no fault."""
    faults = {}
    for name, least, words in (("income", "1", "more than 0"), ("rent", "0", "0 or more"), ("people", "1", "1 to 20")):
        number = _number(sent[name])
        if sent[name] and (number is None or number < Decimal(least)):
            faults[name] = f"Write a number, {words}."
    people = _number(sent["people"])
    if people is not None and (people != people.to_integral_value() or people > 20):
        faults["people"] = "Write a whole number, 1 to 20."
    return faults


def _declared(sent: dict[str, str]) -> scoring.Declared:
    people = _number(sent.get("people", ""))
    return scoring.Declared(
        _number(sent.get("income", "")), _number(sent.get("rent", "")), None if people is None else int(people)
    )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**9 else None


if __name__ == "__main__":
    serve(app, PORT, "FAIRLET_PORT")
