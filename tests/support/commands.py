"""The `cdsc` command inside the process of a test, which waits for no other one to start."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from click.testing import CliRunner

if TYPE_CHECKING:
    from cdsc_server.settings import Settings

#: Settings that a command of a test shares with its application.
_SHARED = ("database_url", "key_file", "blob_dir", "base_url", "mail_url", "mail_from")


class Done(NamedTuple):
    """How a command ended, and what it printed; a refusal stands on stderr as a terminal shows it."""

    returncode: int
    stdout: str
    stderr: str


def run(settings: Settings, *words: str) -> Done:
    """Run `cdsc` with these words against the database of a test."""
    from cdsc_server.cli import commands
    from cdsc_server.errors import Problem

    environment = {f"CDSC_{name.upper()}": str(getattr(settings, name)) for name in _SHARED}
    result = CliRunner(env=environment).invoke(commands, words)
    # Of a refusal `main` makes a line; any other fault is one of the command.
    refused = isinstance(result.exception, Problem)
    if result.exception is not None and not refused and not isinstance(result.exception, SystemExit):
        raise result.exception
    told = f"Error: {result.exception}\n" if refused else ""
    return Done(result.exit_code, result.stdout, result.stderr + told)
