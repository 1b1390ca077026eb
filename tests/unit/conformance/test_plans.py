import pytest

from cdsc_conformance import facts, plans
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
