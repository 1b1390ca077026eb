"""What a request ticks: always things the Customer has, and fewer with every further field."""

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.address_rules import RULES
from cdsc_server.domain.choosing import Holdings, Item, Ticked
from cdsc_server.domain.choosing import preselected as preselected_by
from cdsc_server.domain.detail_fields import FIELDS as DETAIL_FIELDS
from cdsc_server.domain.drafts import Draft, SectionDraft, SectionEdit, edited, every_match

KINDS = ("account_selection", "service_contract_selection", "servicepoint_selection", "meter_device_selection")
FIELDS = tuple(field.id for field in DETAIL_FIELDS.values() if field.kind == "preselection")

numbers = st.lists(st.sampled_from(["1", "2", "3", "4", "_all", "_include_future", "other"]), max_size=3)
values = st.fixed_dictionaries({}, optional={name: st.none() | numbers for name in FIELDS})


def preselected(held, kind, asked) -> Ticked:
    return preselected_by(held, kind, asked, RULES["US"])


def item(number):
    """A thing that goes by its number in every field there is."""
    named = {name: [number] for name in FIELDS if name != "addresses"}
    return Item(f"id{number}", f"Place {number}", "", (f"No {number}",), named=named, address=number)


@st.composite
def holdings(draw):
    items = {kind: [item(n) for n in draw(st.sets(st.sampled_from("1234")))] for kind in KINDS}
    pair = st.tuples(st.sampled_from(["id1", "id2", "id3", "id4"]), st.sampled_from(["id1", "id2", "id3", "id4"]))
    return Holdings(items, tuple(draw(st.lists(pair, max_size=6)) for _ in range(3)))


@given(holdings(), st.sampled_from(KINDS), values)
def test_nothing_is_ticked_that_the_customer_does_not_have(held, kind, asked):
    assert preselected(held, kind, asked).ids <= held.known[kind]


@given(holdings(), st.sampled_from(KINDS), values, st.sampled_from(FIELDS), numbers)
def test_a_further_field_never_ticks_more(held, kind, asked, name, wanted):
    """WG3-01 7.1: several fields that are not null intersect."""
    fewer = {**asked, name: None}
    before = preselected(held, kind, fewer)
    after = preselected(held, kind, {**fewer, name: wanted})

    assert not before.asked or after.ids <= before.ids


@given(holdings(), st.sampled_from(KINDS))
def test_a_request_that_names_nothing_ticks_nothing(held, kind):
    found = preselected(held, kind, dict.fromkeys(FIELDS))

    assert (found.ids, found.future, found.asked) == (frozenset(), False, False)


def test_a_meter_ticks_the_contract_it_measures_now():
    held = Holdings(
        {kind: [item("1"), item("2")] for kind in KINDS},
        ([("id1", "id1"), ("id1", "id2")], [("id1", "id1")], [("id1", "id2")]),
    )

    assert preselected(held, "service_contract_selection", {"meter_numbers": ["2"]}).ids == {"id1"}
    assert preselected(held, "account_selection", {"meter_numbers": ["2"]}).ids == {"id1"}
    assert preselected(held, "service_contract_selection", {"meter_numbers": ["1"]}).ids == frozenset()


ids = st.frozensets(st.sampled_from(["a", "b", "c", "d"]))


@given(ids, ids, ids)
def test_a_page_changes_only_the_boxes_it_showed(before, shown, ticked):
    edit = SectionEdit(shown, ticked, future=False, left_out=False, find="", only_ticked=False)
    after = edited(SectionDraft(before), edit).ids

    assert after - shown == before - shown
    assert after & shown == ticked & shown


def test_a_new_search_begins_at_its_first_page():
    section = SectionDraft(page=3)
    same = SectionEdit(frozenset(), frozenset(), future=False, left_out=False, find="", only_ticked=False)
    other = SectionEdit(frozenset(), frozenset(), future=False, left_out=False, find="x", only_ticked=False)

    assert edited(section, same).page == 3
    assert edited(section, other).page == 0


def test_ticking_all_ticks_what_the_search_finds_and_keeps_the_rest():
    items = [item("1"), item("2")]
    section = SectionDraft(frozenset({"id2"}), find="place 1")

    assert every_match(section, items, ticked=True).ids == {"id1", "id2"}
    assert every_match(section, items, ticked=False).ids == {"id2"}


@given(ids, st.booleans(), st.text(max_size=10))
def test_a_draft_comes_back_as_it_was_stored(chosen, flag, words):
    draft = Draft("ada", (SectionDraft(chosen, flag, not flag, words, flag, 2, (words,)),), checked=flag, contact=words)

    assert Draft.from_stored(draft.to_stored()) == draft
