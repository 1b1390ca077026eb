"""Registration fields in the configuration: every fault is told at once."""

import copy
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

import cdsc_server
from cdsc_server.domain.catalogue import read_catalogue
from cdsc_server.domain.registration_fields import read_registration_fields
from cdsc_server.errors import InvalidConfiguration

SHIPPED = tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))

STRING = {"type": "registration_field", "description": "A text", "field_name": "cds_text", "format": "string"}
CHOICE = {**STRING, "format": "choice", "choices": [{"id": "a", "name": "A", "description": "First."}]}
PAYMENT = {
    "type": "payment_required",
    "description": "A fee",
    "amount": "25.50",
    "currency": "USD",
    "payment_methods": "By card.",
}
FORM = {"type": "online_form", "description": "A form", "questions": [{"id": "q", "label": "Why", "kind": "line"}]}
PDF = {"type": "pdf_form", "description": "A PDF", "template": "blank.pdf"}


def faults_of(table, field_id="x"):
    faults = []
    read_registration_fields({field_id: table}, faults)
    return faults


@pytest.mark.parametrize(
    "table", [STRING, CHOICE, PAYMENT, FORM, PDF, {"type": "internal_review", "description": "We"}]
)
def test_a_sound_field_has_no_fault(table):
    assert faults_of(table) == []


def test_an_amount_keeps_its_digits():
    assert str(read_registration_fields({"x": PAYMENT}, [])["x"].amount) == str(Decimal("25.50"))


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({**STRING, "type": "magic"}, ".type must be one of"),
        ({**STRING, "description": " "}, ".description is missing"),
        ({**STRING, "documentation": "http://x"}, ".documentation must start with https://"),
        ({**STRING, "field_name": "text"}, ".field_name must be cds_"),
        ({**STRING, "field_name": "cds_status"}, ".field_name must be cds_"),
        ({**STRING, "format": "number"}, ".format must be one of"),
        ({**STRING, "max_length": 0}, ".max_length must be"),
        ({**STRING, "max_size": 10}, ".max_size must be"),
        ({**STRING, "format": "pdf", "max_size": 10_000_001}, ".max_size must be"),
        ({**STRING, "format": "pdf", "max_length": 10}, ".max_length must be"),
        ({**STRING, "max_length": 3, "default": "long"}, ".default must not be longer"),
        ({**STRING, "format": "boolean", "default": "yes"}, ".default must be true or false"),
        ({**STRING, "choices": []}, ".choices have no meaning"),
        ({**STRING, "amount": "1"}, ".amount is not known for type registration_field"),
        ({**CHOICE, "choices": []}, ".choices must not be empty"),
        ({**CHOICE, "choices": [{"id": "a"}]}, ".choices.0 needs id, name and description"),
        ({**CHOICE, "choices": CHOICE["choices"] * 2}, ".choices have an id twice"),
        ({**CHOICE, "default": "b"}, ".default must be one of a"),
        ({**PAYMENT, "amount": 25.5}, ".amount must be a text"),
        ({**PAYMENT, "amount": "0"}, ".amount must be a text"),
        ({**PAYMENT, "currency": "ABC"}, ".currency must be three letters"),
        ({**PAYMENT, "payment_methods": ""}, ".payment_methods must say"),
        ({**FORM, "questions": []}, ".questions must hold"),
        ({**FORM, "questions": [{"id": "q", "label": "Why", "kind": "date"}]}, ".questions.0 needs"),
        ({**PDF, "template": "../secret.pdf"}, ".template must name a PDF file"),
        ("text", " is not a table"),
    ],
)
def test_a_fault_is_told_with_its_place(table, fault):
    found = faults_of(table)

    assert any(each.startswith(f"registration_fields.x{fault}") for each in found), found


def test_choices_may_be_empty_where_null_can_be_chosen():
    assert faults_of({**STRING, "format": "choice_or_null", "choices": []}) == []
    assert faults_of({**STRING, "format": "choice_list_or_null"}) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda c: c["scopes"]["usage_data"].update(registration_requirements=["none"]),
            "'none' is not a registration",
        ),
        (lambda c: c["scopes"]["usage_data"].update(registration_requirements="terms"), "must be an array of ids"),
        (lambda c: c["scopes"]["usage_data"].update(registration_optional=["terms"]), "terms is not sent with"),
        (lambda c: c["scopes"]["rate_plan"]["registration_requirements"].append("app_kind"), "both required and"),
        (lambda c: c["registration_fields"]["app_kind"].pop("default"), "app_kind needs a default"),
        (
            lambda c: c["registration_fields"].update(again=c["registration_fields"]["app_kind"]),
            "that of another field",
        ),
        (lambda c: c["review"].update(client_fields=["cds_status"]), "review.client_fields may hold"),
        (lambda c: c["review"].update(link_days=0), "review.link_days"),
        (lambda c: c["review"].update(grant_days=0), "review.grant_days"),
        (lambda c: c["review"].update(grant_days=True), "review.grant_days"),
        (lambda c: c["review"].update(grant_days=36_501), "review.grant_days"),
        (lambda c: c["review"].update(colour="red"), "review.colour is not known"),
        (lambda c: c["test_accounts"].append({"username": "x"}), "needs username, password and description"),
    ],
)
def test_impossible_configuration_is_refused(change, fault):
    config = copy.deepcopy(SHIPPED)
    change(config)

    with pytest.raises(InvalidConfiguration, match=fault):
        read_catalogue(config)


def test_every_fault_is_told_at_once():
    config = copy.deepcopy(SHIPPED)
    config["registration_fields"] |= {"a": {**STRING, "format": "x"}, "b": {**PAYMENT, "currency": "x"}}
    config["review"] = {"client_fields": ["x"]}

    with pytest.raises(InvalidConfiguration) as refused:
        read_catalogue(config)

    assert len(refused.value.faults) == 3
