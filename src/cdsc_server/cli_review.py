"""`cdsc review`: what Clients have asked for, looked at and decided on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from cdsc_server.cli_context import server
from cdsc_server.services import audit, review_cases, reviews
from cdsc_server.services.review_cases import Case, Waiting
from cdsc_server.services.reviews import Decision, Desk


@click.group()
def review() -> None:
    """See what waits for a decision, and decide."""


@review.command("list")
@click.option("--limit", default=100, show_default=True, help="Show so many, the longest wait first.")
def list_(limit: int) -> None:
    """List what waits."""
    with _desk():
        found = review_cases.list_waiting(limit=limit)
    if not found:
        click.echo("Nothing waits.")
    for each in found:
        click.echo(_line(each))


@review.command()
@click.argument("id")
def show(id: str) -> None:
    """Show one thing with all that belongs to it."""
    with _desk() as desk:
        case = review_cases.show(id, catalogue=desk.catalogue)
    for line in _told(case):
        click.echo(line)


@review.command()
@click.argument("id")
@click.option("--note", default="", help="What the Client reads; our own words when left out.")
@click.option("--override", is_flag=True, help="Accept although not everything that production needs is accepted.")
@click.option("--customer", metavar="ID", help="For a grant_request: the Customer whose data the Grants open.")
def accept(id: str, note: str, override: bool, customer: str | None) -> None:
    """Say yes."""
    _decide(lambda desk: reviews.accept(id, desk=desk, note=note, override=override, customer_id=customer))


@review.command()
@click.argument("id")
@click.option("--reason", required=True, help="Why not; the Client reads it.")
def reject(id: str, reason: str) -> None:
    """Say no."""
    _decide(lambda desk: reviews.reject(id, desk=desk, reason=reason))


@review.command()
@click.argument("id")
@click.option("--text", required=True, help="The question.")
def ask(id: str, text: str) -> None:
    """Ask the Client a question about its request, which stays undecided."""
    with _desk() as desk:
        click.echo(f"Asked, with Message {reviews.ask_question(id, desk=desk, text=text)}.")


@review.command()
@click.argument("id")
@click.option("--why", required=True, help="Why it is asked for again; the Client reads it.")
def again(id: str, why: str) -> None:
    """Ask for a requirement again, with a fresh link."""
    with _desk() as desk:
        click.echo(f"Asked again, with Message {reviews.ask_again(id, desk=desk, why=why)}.")


@review.command()
@click.argument("client_id")
@click.option("--override", is_flag=True, help="Although not everything that production needs is accepted.")
def production(client_id: str, override: bool) -> None:
    """Make a production Client Object beside one of the sandbox, although nobody asked for it."""
    _decide(lambda desk: reviews.approve_production(client_id, desk=desk, override=override))


def _decide(decide: Callable[[Desk], Decision]) -> None:
    with _desk() as desk:
        decision = decide(desk)
    made = f" Made: {', '.join(decision.made)}." if decision.made else ""
    click.echo(f"{'Accepted' if decision.accepted else 'Rejected'} {decision.kind} {decision.id}.{made}")


@contextmanager
def _desk() -> Iterator[Desk]:
    with server() as context:
        noted = audit.noting(audit.COMMAND_LINE, context.ports.clock)
        yield Desk(context.catalogue, context.settings, context.ports, noted)


def _line(each: Waiting) -> str:
    return f"{each.id}  {each.since:%Y-%m-%d %H:%M}  {each.kind:20}  {each.client_name}: {each.title}"


def _told(case: Case) -> Iterator[str]:
    message = case.message
    yield _line(case.waiting)
    yield f"Status: {case.waiting.status}. Registration: {message.registration_id}."
    yield f"\n{message.description}" if message.description else ""
    yield from _entries("Changes", message.updates_requested)
    yield from _entries("Grants asked for", message.grants_requested)
    if message.related_key is not None:
        yield f"About: {message.related_type} {message.related_key}"
    if case.requirement is not None and case.requirement.answers:
        yield "Handed in:"
        yield from (f"  {question}: {answer}" for question, answer in case.requirement.answers.items())
    if case.submission is not None:
        yield from _entries("The Client answered", case.submission.updates_requested or [])
    yield from (f"File: {each.filename} ({each.mime_type}, {each.size} bytes)" for each in case.attachments)
    for each in case.thread:
        yield f"Reply of {each.creator or 'this server'}, {each.status}: {each.description}"
    yield "Client Objects:"
    yield from (f"  {each.client_id}  {each.status}  {each.client_name}: {each.scope}" for each in case.clients)
    if case.requirements:
        yield "What production needs:"
        yield from (f"  {each.message_id}  {each.field_id}: {each.status}" for each in case.requirements)


def _entries(heading: str, entries: list[dict[str, Any]] | None) -> Iterator[str]:
    if not entries:
        return
    yield f"{heading}:"
    for entry in entries:
        yield "  " + ", ".join(f"{name} {value!r}" for name, value in entry.items())
