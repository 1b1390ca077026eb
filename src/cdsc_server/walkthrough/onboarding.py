"""A Client does what production needs, and asks for it (CDS-WG1-02 3.6, 6.9)."""

from __future__ import annotations

import base64
from typing import Any

from cdsc_server.walkthrough.browser import Browser, Page, page_of
from cdsc_server.walkthrough.client import Client, first_line
from cdsc_server.walkthrough.report import Report

Message = dict[str, Any]


def do_our_part(report: Report, client: Client, browser: Browser) -> None:
    """
    Hand in every form that can be filled in here.

    A code that was mailed, and a payment, are for people: the operator vouches for them later on.

    Args:
        browser: signed in as a Customer, whose account is shown where one is asked for.
    """
    for message in client.inbox("outstanding"):
        match message["type"]:
            case "online_form_request":
                _fill_in(report, client, browser, message)
            case "pdf_form_request":
                _sign(report, client, message)
            case "payment_request":
                _look_at_payment(report, browser, message)


def ask_for_production(report: Report, client: Client) -> Message:
    """Send the request; gives the Message as the server took it."""
    with report.step("Ask for production"):
        body = {
            "previous_uri": None,
            "type": "production_request",
            "name": "We are ready",
            "description": "Our app has asked, read and been stopped in the sandbox.",
            "related_uri": f"{client.endpoints['cds_clients_api']}/{client.client_id}",
        }
        sent = client.send("POST", client.endpoints["cds_messages_api"], body, client.admin_token)
        report.check("201 with the Message", sent.status == 201, seen=sent.told)
        report.check("it is pending: somebody has to decide", sent.json["status"] == "pending", seen=sent.told)
        waiting = {each["message_id"] for each in client.inbox("outstanding")}
        report.check("it is among the outstanding ones", sent.json["message_id"] in waiting, seen=waiting)
        return sent.json


def _fill_in(report: Report, client: Client, browser: Browser, message: Message) -> None:
    with report.step(f"Open in a browser: {first_line(message)}"):
        page = page_of(browser.open(message["related_uri"]), "a form")
        report.check("its page says the same", first_line(message) in page.text, seen=page.text[:300])
        send = page.button("send")
        if send is None:
            report.note("it takes a code that is mailed, so we leave it to the operator")
            return
    with report.step("Fill it in and send it"):
        form, button = send
        answers = {name: "Walkthrough" for name, value in form.fields if not value}
        answers.update(form.unticked)
        report.note(f"we answered {', '.join(answers)}" if answers else "it takes the account we are signed in with")
        answered = browser.press(page, form, button, **answers)
        taken = isinstance(answered, Page) and answered.status == 200 and "It has arrived" in answered.text
        report.check("the page says that it has arrived", taken, seen=answered)
        _check_status(report, client, message, "pending")


def _sign(report: Report, client: Client, message: Message) -> None:
    with report.step(f"Download, fill in and send back: {first_line(message)}"):
        blank = client.download(message["related_uri"])
        report.check(f"its blank form has {len(blank):,} bytes", blank.startswith(b"%PDF-"), seen=blank[:80])
        signed = {
            "filename": "signed.pdf",
            "mime_type": "application/pdf",
            "data": base64.b64encode(blank).decode(),
        }
        body = {
            "previous_uri": message["uri"],
            "type": "client_submission",
            "name": "",
            "description": "",
            "attachments": [signed],
        }
        sent = client.send("POST", client.endpoints["cds_messages_api"], body, client.admin_token)
        report.check("201: the server took it as a client_submission", sent.status == 201, seen=sent.told)
        _check_status(report, client, message, "pending")


def _look_at_payment(report: Report, browser: Browser, message: Message) -> None:
    with report.step(f"Open in a browser: {first_line(message)}"):
        page = page_of(browser.open(message["related_uri"]), "the page of the payment")
        amount = f"{message['amount']} {message['currency']}"
        report.check(f"it asks for {amount}", amount in page.text, seen=page.text[:300])
        report.note("no money moves in a walk, so we leave it to the operator")


def _check_status(report: Report, client: Client, message: Message, status: str) -> None:
    now = client.get(message["uri"], client.admin_token)
    report.check(f"the Message that asked for it is {status}", now.json.get("status") == status, seen=now.told)
