"""Which conditions a plan runs, in order."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from cdsc_conformance.condition import Condition

#: The modules of each plan; within a module conditions run in the order they are written.
MODULES: Final = {
    "metadata": (
        "server_metadata",
        "coverage",
        "authorization_server",
        "scope_descriptions",
        "predefined_scopes",
        "registration_fields",
        "detail_fields",
        "customer_metadata",
        "customer_scopes",
        "customer_fields",
    ),
    "registration": ("registration", "registration_values"),
    "clients": ("clients", "client_changes", "customer_purposes"),
    "credentials": ("credentials",),
    "messages": ("messages",),
    "grants": ("grants", "granted"),
    "token": ("tokens", "grant_admin"),
    "authorize": ("authorization_requests", "customer_requests", "code_flow"),
    "data": (
        "customer_listings",
        "customer_objects",
        "customer_access",
        "customer_usage",
        "customer_bills",
        "customer_grants",
    ),
    "scenarios": ("customer_scenarios", "scenario_data"),
    "form": (
        "customer_preselections",
        "customer_pages",
        "form_layout",
        "form_selections",
        "form_words",
        "form_decisions",
        "form_errors",
        "form_receipts",
    ),
}

NAMES: Final = tuple(MODULES)

#: Plans with conditions that look at pages in a browser.
WATCHED: Final = frozenset({"form"})


def plan(name: str) -> Sequence[Condition]:
    """The conditions of a plan."""
    return [
        value
        for module in MODULES[name]
        for value in vars(import_module(f"cdsc_conformance.conditions.{module}")).values()
        if isinstance(value, Condition)
    ]
