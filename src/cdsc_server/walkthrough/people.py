"""Who goes the walk: names and passwords of people whom the server knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Login:
    """
    Somebody who can sign in.

    Args:
        advice: what to do when the server does not let them through.
    """

    username: str
    password: str
    advice: str


@dataclass(frozen=True)
class People:
    """
    Those of one walk.

    Args:
        fictional: a Customer for tests, whom the sandbox may ask.
        real: a Customer whom only production may ask.
        operator: who decides at the console; None ends the walk where somebody would have to decide.
    """

    fictional: Login
    real: Login
    operator: Login | None
