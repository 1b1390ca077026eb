"""Registration fields: what a Client submits, or has to do, for a scope (CDS-WG1-02 3.5 to 3.7, 3.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from cdsc_server.domain.currencies import is_currency
from cdsc_server.domain.field_values import FILES, FORMATS, TEXTS, Limits, value_fault

#: Of an image or PDF when the configuration names no other size, in bytes before Base64.
DEFAULT_SIZE: Final = 2_000_000
#: A larger one belongs into a Message or onto a web site.
LARGEST_SIZE: Final = 10_000_000

_NAME: Final = re.compile(r"cds_[a-z0-9_]{1,60}")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
#: Members of Client Objects that a field must not be mistaken for (CDS-WG1-02 5.1).
_TAKEN: Final = frozenset(
    {
        "cds_created",
        "cds_modified",
        "cds_client_uri",
        "cds_status",
        "cds_status_options",
        "cds_server_metadata",
        "cds_default_scope",
        "cds_default_redirect_uri",
        "cds_default_authorization_details",
        "cds_purposes",
    }
)


class FieldType(StrEnum):
    """CDS-WG1-02 3.6."""

    REGISTRATION_FIELD = "registration_field"
    INTERNAL_REVIEW = "internal_review"
    PAYMENT_REQUIRED = "payment_required"
    EMAIL_VERIFICATION = "email_verification"
    SSO_VERIFICATION = "sso_verification"
    PDF_FORM = "pdf_form"
    ONLINE_FORM = "online_form"


@dataclass(frozen=True)
class FieldChoice:
    """What may be chosen (CDS-WG1-02 3.10); `documentation` empty for the page this server makes."""

    id: str
    name: str
    description: str
    documentation: str = ""


@dataclass(frozen=True)
class Question:
    """One question of an online form; `kind` is line, text or tick."""

    id: str
    label: str
    kind: str


@dataclass(frozen=True)
class RegistrationField:
    """
    A registration field.

    Args:
        documentation: an address; empty for the page this server makes of all that stands here.
        details: more for that page, paragraphs separated by an empty line.
        field_name, format, limits, choices: of type registration_field.
        default: what holds when an optional field is left out; meaningful only with `has_default`.
        amount, currency, payment_methods: of type payment_required.
        questions: of type online_form.
        template: of type pdf_form: file of the blank form, beside the configuration.
    """

    id: str
    type: FieldType
    description: str
    documentation: str = ""
    details: str = ""
    field_name: str | None = None
    format: str | None = None
    limits: Limits = field(default_factory=Limits)
    choices: tuple[FieldChoice, ...] = ()
    default: Any = None
    has_default: bool = False
    amount: Decimal | None = None
    currency: str | None = None
    payment_methods: str = ""
    questions: tuple[Question, ...] = ()
    template: str | None = None

    @property
    def submitted(self) -> bool:
        """Whether it comes with the registration request; all others are met afterwards."""
        return self.type is FieldType.REGISTRATION_FIELD

    @property
    def holds_purposes(self) -> bool:
        return self.format in ("purposes", "purposes_or_null")

    @property
    def is_file(self) -> bool:
        return self.format in FILES

    def fault(self, value: Any) -> str | None:
        """The rule that a submitted value breaks; None when it is sound (CDS-WG1-02 3.7)."""
        return value_fault(self.format or "", value, self.limits, [choice.id for choice in self.choices])


def read_registration_fields(tables: Mapping[str, Any], faults: list[str]) -> dict[str, RegistrationField]:
    """The fields of the configuration's `[registration_fields.<id>]` tables; adds what is wrong to `faults`."""
    fields: dict[str, RegistrationField] = {}
    for field_id, table in tables.items():
        found: list[str] = []
        read = _read(field_id, table, found) if isinstance(table, Mapping) else None
        if read is None and not found:
            found.append(" is not a table")
        faults += [f"registration_fields.{field_id}{fault}" for fault in found]
        if read is not None:
            fields[field_id] = read
    named: dict[str, str] = {}
    for each in fields.values():
        if each.field_name is not None and named.setdefault(each.field_name, each.id) != each.id:
            faults.append(f"registration_fields.{each.id}.field_name {each.field_name} is that of another field")
    return fields


def _read(field_id: str, table: Mapping[str, Any], faults: list[str]) -> RegistrationField | None:
    kinds = [kind.value for kind in FieldType]
    if table.get("type") not in kinds:
        faults.append(f".type must be one of {', '.join(kinds)}")
        return None
    kind = FieldType(table["type"])
    if not _ID.fullmatch(field_id):
        faults.append(": an id has letters, digits, _ and - only")
    if not _is_text(table.get("description")):
        faults.append(".description is missing")
    texts = ("documentation", "details", "payment_methods")
    faults += [f".{name} must be a text" for name in texts if not isinstance(table.get(name, ""), str)]
    faults += _address_faults(".documentation", table.get("documentation", ""))
    faults += [f".{name} is not known for type {kind}" for name in table if name not in _MEMBERS[kind]]
    common = {name: table.get(name, "") for name in ("description", "documentation", "details")}
    read = {
        FieldType.REGISTRATION_FIELD: _read_submitted,
        FieldType.PAYMENT_REQUIRED: _read_payment,
        FieldType.ONLINE_FORM: _read_questions,
        FieldType.PDF_FORM: _read_template,
    }.get(kind)
    return RegistrationField(field_id, kind, **common, **(read(table, faults) if read else {}))


_COMMON: Final = frozenset({"type", "description", "documentation", "details"})
_MEMBERS: Final = {
    FieldType.REGISTRATION_FIELD: _COMMON | {"field_name", "format", "default", "max_length", "max_size", "choices"},
    FieldType.INTERNAL_REVIEW: _COMMON,
    FieldType.PAYMENT_REQUIRED: _COMMON | {"amount", "currency", "payment_methods"},
    FieldType.EMAIL_VERIFICATION: _COMMON,
    FieldType.SSO_VERIFICATION: _COMMON,
    FieldType.PDF_FORM: _COMMON | {"template"},
    FieldType.ONLINE_FORM: _COMMON | {"questions"},
}


def _read_submitted(table: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    name, form = table.get("field_name"), table.get("format")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _TAKEN:
        faults.append(".field_name must be cds_ and small letters, and not a member of Client Objects")
        name = None
    if form not in FORMATS:
        faults.append(f".format must be one of {', '.join(FORMATS)}")
        return {"field_name": name}
    limits = _read_limits(str(form), table, faults)
    choices = _read_choices(str(form), table, faults)
    # TOML has no null: where the format allows it, it is what holds when nothing else is said.
    has_default = "default" in table or str(form).endswith("_or_null")
    default = table.get("default")
    if "default" in table:
        fault = value_fault(str(form), default, limits, [choice.id for choice in choices])
        faults += [f".default {fault}"] if fault else []
    return {
        "field_name": name,
        "format": form,
        "limits": limits,
        "choices": choices,
        "default": default,
        "has_default": has_default,
    }


def _read_limits(form: str, table: Mapping[str, Any], faults: list[str]) -> Limits:
    length, size = table.get("max_length"), table.get("max_size")
    if length is not None and (not _is_count(length) or form not in TEXTS):
        faults.append(f".max_length must be a whole number above 0, and has a meaning for {', '.join(TEXTS)} only")
        length = None
    if size is not None and (not _is_count(size) or size > LARGEST_SIZE or form not in FILES):
        faults.append(f".max_size must be 1 to {LARGEST_SIZE}, and has a meaning for {', '.join(FILES)} only")
        size = None
    return Limits(length, size or DEFAULT_SIZE if form in FILES else None)


def _read_choices(form: str, table: Mapping[str, Any], faults: list[str]) -> tuple[FieldChoice, ...]:
    given = table.get("choices", [])
    if not form.startswith("choice"):
        if "choices" in table:
            faults.append(f".choices have no meaning for format {form}")
        return ()
    if not isinstance(given, Sequence) or isinstance(given, str):
        faults.append(".choices must be an array of tables")
        return ()
    if not given and not form.endswith("_or_null"):
        faults.append(f".choices must not be empty for format {form} (CDS-WG1-02 3.5)")
    choices = []
    for n, each in enumerate(given):
        members = ("id", "name", "description")
        if not isinstance(each, Mapping) or not all(_is_text(each.get(name)) for name in members):
            faults.append(f".choices.{n} needs id, name and description")
            continue
        faults += _address_faults(f".choices.{n}.documentation", each.get("documentation", ""))
        choices.append(FieldChoice(each["id"], each["name"], each["description"], each.get("documentation", "")))
    if len({choice.id for choice in choices}) < len(choices):
        faults.append(".choices have an id twice")
    return tuple(choices)


def _read_payment(table: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    # As a text, because TOML's own fractions do not keep their digits.
    amount, currency = table.get("amount"), table.get("currency")
    if not isinstance(amount, str) or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", amount) or not Decimal(amount):
        faults.append('.amount must be a text such as "250.00", above 0')
        amount = None
    if not isinstance(currency, str) or not is_currency(currency):
        faults.append(".currency must be three letters of ISO 4217")
    if not _is_text(table.get("payment_methods")):
        faults.append(".payment_methods must say how it can be paid, fees among it (CDS-WG1-02 3.6)")
    return {
        "amount": None if amount is None else Decimal(amount),
        "currency": currency,
        "payment_methods": table.get("payment_methods", ""),
    }


def _read_questions(table: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    given, questions = table.get("questions", []), []
    if not isinstance(given, list) or not given:
        faults.append(".questions must hold one table at least")
        given = []
    for n, each in enumerate(given):
        if (
            not isinstance(each, Mapping)
            or not _ID.fullmatch(str(each.get("id", "")))
            or not _is_text(each.get("label"))
            or each.get("kind") not in ("line", "text", "tick")
        ):
            faults.append(f".questions.{n} needs id, label, and kind: line, text or tick")
        else:
            questions.append(Question(each["id"], each["label"], each["kind"]))
    if len({question.id for question in questions}) < len(questions):
        faults.append(".questions have an id twice")
    return {"questions": tuple(questions)}


def _read_template(table: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    template = table.get("template")
    if not isinstance(template, str) or not re.fullmatch(r"[A-Za-z0-9_.-]+\.pdf", template) or template[0] == ".":
        faults.append(".template must name a PDF file that lies beside the configuration")
        template = None
    return {"template": template}


def _address_faults(where: str, address: Any) -> list[str]:
    sound = address == "" or (isinstance(address, str) and address.startswith("https://"))
    return [] if sound else [f"{where} must start with https://"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
