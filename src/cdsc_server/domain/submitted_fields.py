"""What a Client sends of the registration fields of its scopes (CDS-WG1-02 3.5, 3.6, 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.registration_fields import RegistrationField
from cdsc_server.errors import InvalidClientMetadata


def needed_fields(catalogue: Catalogue, scopes: Iterable[Scope]) -> dict[str, RegistrationField]:
    """The fields that any of these scopes requires, by id."""
    ids = dict.fromkeys(name for scope in scopes for name in scope.registration_requirements)
    return {name: catalogue.registration_fields[name] for name in ids}


def taken_fields(catalogue: Catalogue, scopes: Iterable[Scope]) -> dict[str, RegistrationField]:
    """The fields that may or must be sent for these scopes, by id."""
    ids = dict.fromkeys(
        name for scope in scopes for name in (*scope.registration_requirements, *scope.registration_optional)
    )
    fields = {name: catalogue.registration_fields[name] for name in ids}
    return {name: field for name, field in fields.items() if field.submitted}


def submitted_values(
    catalogue: Catalogue,
    scopes: Iterable[Scope],
    sent: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    The value of every field these scopes take, by field_name: what was sent, or else the default.

    Members of `sent` that no field of these scopes is named after are none of our business (RFC 7591 2).

    Args:
        before: values that stand already; a required field that is left out keeps its own.

    Raises:
        InvalidClientMetadata: a required field is missing, or a value breaks a rule; names the member and the rule.
    """
    scopes = tuple(scopes)
    required, before = needed_fields(catalogue, scopes), before or {}
    values: dict[str, Any] = {}
    for field in taken_fields(catalogue, scopes).values():
        name = str(field.field_name)
        if name in sent:
            fault = field.fault(sent[name])
            if fault is not None:
                raise InvalidClientMetadata(f"{name}: {fault}", field=name)
            values[name] = sent[name]
        elif field.id in required and name not in before:
            wanted = next(scope.id for scope in scopes if field.id in scope.registration_requirements)
            raise InvalidClientMetadata(f"{name}: is required for scope {wanted}", field=name)
        else:
            values[name] = before[name] if field.id in required else field.default
    return values
