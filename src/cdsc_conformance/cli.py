"""`cdsc-conformance BASE_URL --plan metadata`: run the kit and say what does not hold."""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import click

from cdsc_conformance import facts, plans, reports
from cdsc_conformance.browser import Missing, chromium
from cdsc_conformance.findings import Finding, Outcome
from cdsc_conformance.profile import Profile, read_profile
from cdsc_conformance.recorder import Unreachable
from cdsc_conformance.register import register
from cdsc_conformance.runner import Result, run
from cdsc_conformance.session import Account, Registration, Session

_COLOURS = {Outcome.FAILED: "red", Outcome.BROKEN: "red", Outcome.WARNED: "yellow"}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("base_url", callback=lambda _context, _parameter, value: _address(value))
@click.option(
    "--plan",
    "names",
    multiple=True,
    type=click.Choice([*plans.NAMES, "all"]),
    help="May be given again; all by default.",
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    callback=lambda _context, _parameter, value: _scenarios(value),
    help="A scenario of Customer Data that the server claims, by name or as 4.4; may be given again.",
)
@click.option("--username", help="A test account of the server.")
@click.option("--password", help="Its password; better set CDSC_CONFORMANCE_PASSWORD, which no process list shows.")
@click.option("--client-id", help="Client Admin of a registration whose Clients read without asking anybody.")
@click.option("--client-secret", help="Its secret; better set CDSC_CONFORMANCE_CLIENT_SECRET.")
@click.option(
    "--report", type=click.Path(file_okay=False, path_type=Path), help="Directory for report.html and junit.xml."
)
@click.option(
    "--ca", type=click.Path(exists=True, path_type=Path), help="Certificates to trust besides the usual ones."
)
@click.option(
    "--profile",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=lambda _context, _parameter, value: _profile(value),
    help="Where the parts of the server's pages stand, as TOML; only where they stand elsewhere than on ours.",
)
@click.option("--quiet", is_flag=True, help="Print the summary only.")
def main(
    *,
    base_url: str,
    names: tuple[str, ...],
    scenarios: tuple[str, ...],
    username: str | None,
    password: str | None,
    client_id: str | None,
    client_secret: str | None,
    report: Path | None,
    ca: Path | None,
    profile: Profile,
    quiet: bool,
) -> None:
    """
    Judge the CDS server at BASE_URL from outside.

    Exit status: 0 when nothing failed, 1 when a row does not hold, 2 when the kit could not do its work, 3 when nothing
    failed and rows were skipped because no browser could be started.
    """
    password = password or os.environ.get("CDSC_CONFORMANCE_PASSWORD") or None
    if (username is None) != (password is None):
        raise click.UsageError("a test account needs --username and a password")
    client_secret = client_secret or os.environ.get("CDSC_CONFORMANCE_CLIENT_SECRET") or None
    if client_id is not None and client_secret is None:
        raise click.UsageError("--client-id needs a secret")
    registration = Registration(client_id, client_secret) if client_id is not None and client_secret else None
    account = Account(username, password) if username is not None and password is not None else None
    chosen = plans.NAMES if not names or "all" in names else tuple(dict.fromkeys(names))
    with ExitStack() as stack:
        missing, browser = "", None
        if account is not None and not plans.WATCHED.isdisjoint(chosen):
            try:
                browser = stack.enter_context(chromium())
            except Missing as fault:
                missing = str(fault)
        if missing and os.environ.get("CI"):
            click.echo(f"plan form needs a browser: {missing}", err=True)
            sys.exit(2)
        verify = str(ca) if ca else True
        session = Session(
            base_url,
            account=account,
            verify=verify,
            scenarios=scenarios,
            browser=browser,
            profile=profile,
            registration=registration,
        )
        stack.callback(session.http.close)
        try:
            session.http.send("GET", base_url)
        except Unreachable as fault:
            click.echo(f"nothing answers at {base_url}: {fault}", err=True)
            sys.exit(2)
        result = run(session, {name: plans.plan(name) for name in chosen}, progress=_progress)
    _clear()
    if not quiet:
        _tell(result)
    _summary(result)
    if report is not None:
        readable, machine = reports.write(result, report)
        click.echo(f"Report: {readable}\nJUnit:  {machine}")
    if missing:
        click.secho(f"Skipped what only a browser shows: {missing}", fg="yellow", bold=True, err=True)
    sys.exit(result.exit_status or (3 if missing else 0))


def _scenarios(value: tuple[str, ...]) -> tuple[str, ...]:
    """Names of scenarios; each may be told by the section that has its rows."""
    known = facts.rules("customer_scenarios")
    sections = {lines[0]["row"].split("-")[2]: name for name, lines in known.items()}
    if unknown := [each for each in value if each not in known and each not in sections]:
        raise click.BadParameter(
            f"{unknown[0]} is none of {', '.join(f'{each} ({known})' for known, each in sections.items())}"
        )
    return tuple(sections.get(each, each) for each in value)


def _profile(value: Path | None) -> Profile:
    try:
        return read_profile(value) if value else Profile()
    except ValueError as fault:
        raise click.BadParameter(f"{value}: {fault}") from fault


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter("must be an address such as https://utility.example")
    return value


def _progress(name: str, number: int, total: int) -> None:
    """One line that rewrites itself, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{number}/{total} {name}"[:100])
        sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _tell(result: Result) -> None:
    """Every row that does not hold, and why; how many were skipped for which reason."""
    reasons: Counter[str] = Counter()
    for judged in result.judged:
        for finding in judged.findings:
            if finding.outcome in _COLOURS:
                _tell_fault(finding)
            elif finding.outcome is Outcome.SKIPPED:
                reasons[finding.reason] += 1
    for reason, count in reasons.most_common():
        click.echo(f"skipped {count:4}  {reason}")


def _tell_fault(finding: Finding) -> None:
    word = click.style(f"{finding.outcome:7}", fg=_COLOURS[finding.outcome], bold=True)
    click.echo(f"{word} {finding.row}  {finding.reason}\n        {register()[finding.row].statement}")
    if finding.exchanges:
        last = finding.exchanges[-1]
        click.echo(f"        shown by {last.method} {last.url}: {last.status}")


def _summary(result: Result) -> None:
    told = [f"{count} {outcome}" for outcome, count in result.counts.items() if count]
    click.echo(f"{result.base_url}: {', '.join(told) or 'nothing judged'}")
