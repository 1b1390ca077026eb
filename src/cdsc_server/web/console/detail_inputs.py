"""Fields of authorization_details as fields of a form, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import request

from cdsc_server.domain.catalogue import Scope
from cdsc_server.domain.offered_fields import OfferedField

_PREFIX: Final = "field-"
#: What means something on the form of a Customer only.
_NOT_HERE: Final = frozenset({"allow_scope_modifications"})


@dataclass(frozen=True)
class Input:
    """
    One field to fill in.

    Args:
        kind: "tick", "ticks", "choice", "words" or "duration".
        value: what it shows: what was sent, or else the default.
        choices: id and name.
    """

    name: str
    label: str
    hint: str
    kind: str
    value: Any
    choices: tuple[tuple[str, str], ...] = ()


def inputs_of(scope: Scope) -> list[Input]:
    """The fields of a scope, with what this request sent; with their defaults when it sent no form."""
    return [_input(each) for name, each in scope.fields.items() if name not in _NOT_HERE]


def sent_details(scope: Scope) -> dict[str, Any]:
    """The fields of a scope that this form filled in, as authorization_details has them."""
    read = {name: _sent(each) for name, each in scope.fields.items() if name not in _NOT_HERE}
    return {name: value for name, value in read.items() if value is not None}


def _input(offered: OfferedField) -> Input:
    kind = _kind(offered)
    value = offered.default if request.method == "GET" else _sent(offered)
    hint = "" if kind in ("tick", "choice") else offered.field.description
    if kind == "words":
        hint = "Separated by spaces; all of this Customer's where every such field is empty."
    elif kind == "duration":
        hint = f"A length such as P1Y, or a date and time. At most {offered.maximum}; {offered.default} when empty."
    return Input(
        _PREFIX + offered.field.id,
        offered.field.name,
        hint,
        kind,
        (" ".join(value) if value else "") if kind == "words" else value or ("" if kind != "ticks" else ()),
        tuple((choice.id, choice.name) for choice in offered.choices),
    )


def _sent(offered: OfferedField) -> Any:
    name, kind = _PREFIX + offered.field.id, _kind(offered)
    if kind == "tick":
        return name in request.form
    if kind == "ticks":
        return request.form.getlist(name) or None
    text = request.form.get(name, "").strip()
    return (text.split() if kind == "words" else text) or None


def _kind(offered: OfferedField) -> str:
    form = offered.field.format
    if form == "boolean":
        return "tick"
    if form.startswith("choice_list"):
        return "ticks"
    if form.startswith("choice"):
        return "choice"
    return "words" if form.startswith("string_list") else "duration"
