"""The token, revocation and introspection endpoints as far as no person is needed (CDS-WG1-02 3.2, 3.3.2, 7.6)."""

from __future__ import annotations

import time
from typing import Any

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import details
from cdsc_conformance.conditions.credentials import EXPIRY, new, their_now
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several

API = "cds_clients_api"


def opens(session: Session, token: str) -> bool:
    """Whether an admin token opens the Clients API."""
    return session.http.send("GET", session.endpoint(API), bearer=token).status == 200


@condition("WG1-02-11.2-05")
def issued(session: Session) -> Findings:
    """The token endpoint answers as RFC 6749 5 says, and its tokens are those the APIs take."""
    answer = session.registered.ask_token()
    token = session.registered.token_from(answer)
    faults = []
    if str(answer.object().get("token_type")).lower() != "bearer":
        faults.append(f"token_type is {answer.object().get('token_type')}")
    if "no-store" not in answer.header("Cache-Control"):
        faults.append("the answer may be kept in caches")
    if not opens(session, token):
        faults.append("the token does not open the Clients API")
    if opens(session, f"{token}x"):
        faults.append("another token does")
    yield judge("WG1-02-11.2-05", not faults, several(faults), answer, *session.http.exchanges[-2:])


@condition("WG1-02-3.2-10")
def revocation(session: Session) -> Findings:
    """A revoked token opens nothing; an unknown one is answered 200 too."""
    registered = session.registered
    token, basic = registered.new_token(), (registered.client_id, registered.client_secret)
    if not opens(session, token):
        raise Unmet("an admin token does not open the Clients API")
    url = session.endpoint("revocation_endpoint")
    answers = [session.http.send("POST", url, form={"token": each}, basic=basic) for each in (token, "kit-unknown")]
    still = opens(session, token)
    right = all(answer.status == 200 for answer in answers) and not still
    reason = "the token still opens the Clients API" if still else f"answered {[answer.status for answer in answers]}"
    yield judge("WG1-02-3.2-10", right, reason, *answers)


@condition("WG1-02-3.2-12")
def introspection(session: Session) -> Findings:
    """A live token is active, an unknown one is not, and a stranger learns nothing."""
    registered = session.registered
    basic, url = (registered.client_id, registered.client_secret), session.endpoint("introspection_endpoint")
    live = session.http.send("POST", url, form={"token": registered.new_token()}, basic=basic)
    unknown = session.http.send("POST", url, form={"token": "kit-unknown"}, basic=basic)
    stranger = session.http.send("POST", url, form={"token": "kit-unknown"})
    faults = []
    if live.status != 200 or live.object().get("active") is not True:
        faults.append(f"a live token was answered {live.status}, active {live.object().get('active')}")
    if unknown.status != 200 or unknown.object().get("active") is not False:
        faults.append(f"an unknown token was answered {unknown.status}, active {unknown.object().get('active')}")
    if stranger.status < 400:
        faults.append(f"a caller without credentials was answered {stranger.status}")
    yield judge("WG1-02-3.2-12", not faults, several(faults), live, unknown, stranger)


@condition("WG1-02-7.6-09", "WG1-02-7.6-10", "WG1-02-7.1-11")
def expiry(session: Session) -> Findings:
    """A Credential that is ended takes its secret and its tokens with it at once."""
    registered, made = session.changing, new(session)
    client = registered.client_id, str(made["client_secret"])
    token = registered.token_from(registered.ask_token(client))
    if not opens(session, token):
        raise Unmet("an admin token does not open the Clients API")
    ended = registered.call("PATCH", str(made["uri"]), json_body={EXPIRY: their_now(made)})
    if ended.status != 200:
        # The second has passed meanwhile, and a server may take that as an expiry in the past.
        ended = registered.call("PATCH", str(made["uri"]), json_body={EXPIRY: their_now(made) + 3})
        time.sleep(4)
    if ended.status != 200:
        raise Unmet(f"an expiry of now was answered {ended.status}")
    again = registered.ask_token(client)
    refused = again.status == 401 and again.object().get("error") == "invalid_client"
    for row in ("WG1-02-7.6-09", "WG1-02-7.1-11"):
        yield judge(row, refused, f"the ended secret was answered {again.status}", ended, again)
    still = opens(session, token)
    yield judge(
        "WG1-02-7.6-10",
        not still,
        "a token of the ended Credential still opens the Clients API",
        ended,
        *session.http.exchanges[-1:],
    )


@condition("WG1-02-3.3.2-30", "WG1-02-3.3.2-31", "WG1-02-3.3.2-35")
def grant_admin_refusals(session: Session) -> Findings:
    """A grant admin token is asked for with exactly one entry, whole and about a Grant one can see."""
    rows = ("WG1-02-3.3.2-30", "WG1-02-3.3.2-31", "WG1-02-3.3.2-35")
    admins = session.scopes_of_type("cds_grant_admin")
    if not admins:
        yield from skipped(rows, "no scope is of type cds_grant_admin")
        return
    scope = str(admins[0][1]["id"])
    registered = session.registered
    client = next(each for each in registered.clients() if scope in str(each.get("scope")).split())
    credential = registered.credential_of(str(client["client_id"]))
    entry = {"type": scope, "client_id": str(client["client_id"]), "grant_id": "kit-no-such-grant"}

    def asked(*entries: dict[str, Any]) -> Exchange:
        form = {"authorization_details": details(*entries)} if entries else {}
        return registered.ask_token(credential, scope=scope, **form)

    yield _all_refused("WG1-02-3.3.2-30", {"no entry": asked(), "two entries": asked(entry, entry)})
    without = {f"no {name}": asked({k: v for k, v in entry.items() if k != name}) for name in ("client_id", "grant_id")}
    yield _all_refused("WG1-02-3.3.2-31", {**without, "another type": asked({**entry, "type": "kit_no_such_type"})})
    yield _all_refused("WG1-02-3.3.2-35", {"an unknown Grant": asked(entry)})


def _all_refused(row: str, answers: dict[str, Exchange]) -> Any:
    odd = [
        f"{what} was answered {answer.status}"
        for what, answer in answers.items()
        if answer.status != 400 or not isinstance(answer.object().get("error"), str)
    ]
    return judge(row, not odd, several(odd), *answers.values())
