"""The answer of the authorization endpoint: every redirect to a Client says who sends it (RFC 9207)."""

from __future__ import annotations

from cdsc_server.domain.authorization_requests import answer_location, ascii_description
from cdsc_server.errors import Problem


def refusal_location(problem: Problem, *, redirect_uri: str, state: str | None, issuer: str) -> str:
    """Where the Client learns of a refusal: error, error_description, state when one was sent, and iss."""
    answer = {"error": problem.code, "error_description": ascii_description(problem.description)}
    return answer_location(redirect_uri, answer, state=state, iss=issuer)
