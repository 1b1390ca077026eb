"""A Client reads what was decided, and works in production (CDS-WG1-02 4.2, 5.1, 6.9)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cdsc_server.walkthrough import agreeing
from cdsc_server.walkthrough.browser import Away, Browser
from cdsc_server.walkthrough.client import Client, first_line
from cdsc_server.walkthrough.report import Report, WrongAnswer

Message = dict[str, Any]


def read_decision(report: Report, client: Client, asked: Message, owed: Collection[Message]) -> str:
    """
    Read the changelog.

    Returns:
        The address of the production Client Object.
    """
    with report.step("Read the Messages again"):
        unread = client.inbox("unread")
        known = {each["message_id"] for each in owed}
        for each in sorted(unread, key=lambda message: str(message["created"])):
            if each["message_id"] not in known:
                report.note(f"{each['type']}, {each['status']}: {each['name']}: {first_line(each)}")
        done = client.get(asked["uri"], client.admin_token)
        complete = (done.json["status"], done.json["related_type"]) == ("complete", "client")
        report.check("our request is complete, and leads to a Client Object", complete, seen=done.told)
        made = str(done.json["related_uri"])
        report.check("it is another one", made != asked["related_uri"], seen=made)
        told = [each for each in unread if each["previous_uri"] == asked["uri"] and each["type"] == "request_update"]
        answer = told[0]["related_uri"] if told else None
        report.check("the answer to it leads there too", answer == made, seen=told)
        changes = {each.get("related_type") for each in unread if each["previous_uri"] is None}
        logged = {"client", "credential"} <= changes
        report.check("the changelog has a new Client Object and a new Credential", logged, seen=changes)
        open_still = {each["message_id"] for each in client.inbox("outstanding")}
        left = [each["name"] for each in owed if each["message_id"] in open_still]
        report.check("nothing that we were asked for is outstanding", not left, seen=left)
        return made


def fetch_client(report: Report, client: Client, address: str) -> Client:
    """The production Client Object, with its secret."""
    with report.step("Fetch the production Client Object"):
        sandbox = client.get(f"{client.endpoints['cds_clients_api']}/{client.client_id}", client.admin_token)
        ours = client.get(address, client.admin_token)
        status = ours.json["cds_status"], sandbox.json["cds_status"]
        report.check(
            "it is in production, the other stays in the sandbox", status == ("production", "sandbox"), seen=status
        )
        same = all(ours.json[name] == sandbox.json[name] for name in ("scope", "redirect_uris", "client_name"))
        report.check("it has the same scopes, redirect URIs and name", same, seen=ours.told)
    with report.step("Read its Credential"):
        credentials = client.listing(
            client.endpoints["cds_credentials_api"],
            "credentials",
            client.admin_token,
            client_ids=ours.json["client_id"],
        )
        report.check("there is one", len(credentials) == 1, seen=len(credentials))
        other = credentials[0]["client_secret"] != client.secret
        report.check("its secret is not that of the sandbox", other, seen="the same secret")
        return client.beside(ours.json["client_id"], credentials[0]["client_secret"])


def meet_a_test_account(report: Report, client: Client, browser: Browser) -> None:
    """
    Production never meets the Customers of the sandbox (CDS-WG1-02 5.1).

    Args:
        browser: signed in as one of them.
    """
    agreeing.push(report, client)
    with report.step("Ask the test account in production"):
        page = browser.open(client.authorize_url)
        if isinstance(page, Away):
            raise WrongAnswer("the server keeps them apart on a page of its own", page.url)
        report.check("403: nobody is asked", page.status == 403, seen=page.text[:300])
        report.check("the page says why: it works with real customers only", "real customers" in page.text, seen=page)
        report.check("nobody can agree", page.button("approve") is None, seen=page.text[:300])
