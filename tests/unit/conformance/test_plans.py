import pytest

from cdsc_conformance import facts, plans
from cdsc_conformance.conditions import customer_fields, customer_scopes
from cdsc_conformance.register import register


@pytest.mark.parametrize("name", plans.NAMES)
def test_every_plan_has_conditions_with_words_for_a_reader(name):
    conditions = plans.plan(name)

    assert conditions
    assert all(each.rows and each.judgement.__doc__ for each in conditions)


def test_no_condition_is_run_twice():
    names = [each.name for name in plans.NAMES for each in plans.plan(name)]

    assert len(names) == len(set(names))


def test_the_tables_name_rows_of_the_register():
    fields = [field for name in facts._read("objects") for field in facts.fields(name)]
    literals = [line["row"] for name in facts._read("scopes") for line in facts.literals(name)]

    assert {field.row for field in fields if field.row} | set(literals) <= set(register())
    assert not [field for field in fields if field.required and not field.row]


def test_the_tables_of_customer_data_name_rows_of_the_register():
    """And what they refer to each other by: enumerations, objects, listings, selections."""
    fields = [field for name in facts._read("customer_objects") for field in facts.fields(name)]
    rules = [
        line
        for table in ("customer_scopes", "customer_fields", "customer_scenarios", "scenario_data", "form_durations")
        for each in facts.rules(table).values()
        for line in each
    ]
    listings = facts.listings().values()
    named = {
        *(row for field in fields for row in (field.row, field.opened_row, field.closed_row, field.absent_row)),
        *(line["row"] for line in rules),
        *(row for each in listings for row in each["rows"].values()),
        *(line["row"] for each in listings for part in ("filters", "search", "order") for line in each[part]),
    }

    assert named - {""} <= set(register())
    assert all(facts.fields(each["object"]) for each in listings)
    assert all(
        facts.enum(field.type.partition(" of ")[2]) for field in fields if field.type.startswith(("one", "some"))
    )
    assert {
        line["rule"]
        for table in ("customer_scopes", "customer_fields")
        for each in facts.rules(table).values()
        for line in each
    } <= {*customer_scopes.RULES, *customer_fields.RULES}


def test_every_member_of_an_object_is_said_to_be_there_or_not():
    """The first row of a member that always stands there, or stands there when opened, is never forgotten."""
    fields = [field for name in facts._read("customer_objects") for field in facts.fields(name)]

    assert not [field for field in fields if field.required and not field.row]
    assert not [field for field in fields if field.closed_row and not field.opened_by]
