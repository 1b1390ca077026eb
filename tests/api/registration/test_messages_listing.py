"""The three lists of Messages: what is in each, their order, and paging each by itself (CDS-WG1-02 6.8)."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import event, insert

from cdsc_server.services import message_box
from cdsc_server.storage.db import db, transaction
from cdsc_server.storage.messages import MessageRow
from tests.factories.messages import BASE, attachment
from tests.support import requirement

LISTS = ("outstanding", "unread", "read")
LINKS = [f"{name}_{way}" for name in LISTS for way in ("next", "previous")]


def ids(messages):
    return [message["message_id"] for message in messages]


@pytest.fixture
def many(box, app, clock):
    """10,000 outstanding Messages, most of them unread; some share their instant."""
    plain = {
        "registration_id": box.registration_id,
        "type": "server_request",
        "name": "n",
        "description": "d",
        "updates_requested": [],
    }
    now = clock.now()
    rows = [
        {
            **plain,
            "message_id": secrets.token_hex(12),
            "status": "open" if n % 2 else "pending",
            "read": n % 10 == 0,
            "created": now,
            "modified": now + timedelta(seconds=n // 3),
        }
        for n in range(10_000)
    ]
    with app.app_context(), transaction() as session:
        session.execute(insert(MessageRow), rows)
    return rows


@requirement("WG1-02-6.8-01", "WG1-02-6.8-03", "WG1-02-6.8-05", "WG1-02-6.8-07")
def test_a_short_listing_has_nine_members_and_no_links(box):
    box.server()
    box.posted()

    listing = box.listing()

    assert set(listing) == {*LISTS, *LINKS}
    assert [listing[name] for name in LINKS] == [None] * 6


@requirement("WG1-02-6.8-02", "WG1-02-6.8-04", "WG1-02-6.8-06", "WG1-02-6.8-08", "WG1-02-6.3-06", "WG1-02-6.3-07")
def test_each_message_is_where_its_status_and_its_mark_say(box):
    """What waits for somebody is in a second list too."""
    told = box.listing()["unread"]
    asked, word = box.server("server_request"), box.server("private_message")
    sent, request = box.posted(), box.posted("support_request")

    listing = box.listing()

    assert ids(listing["outstanding"]) == ids([request, asked])
    assert ids(listing["unread"]) == ids([word, asked, *told])
    assert ids(listing["read"]) == ids([request, sent])
    box.reply(request, status="complete")
    assert ids(box.listing()["outstanding"]) == ids([asked])


@requirement("WG1-02-6.8-13")
def test_the_last_modified_comes_first(box):
    first, second = box.posted("support_request"), box.posted("support_request")
    third = box.server()

    assert ids(box.listing()["outstanding"]) == ids([third, second, first])
    box.patch(first, {"read": False})
    assert ids(box.listing()["outstanding"]) == ids([first, third, second])


@requirement("WG1-02-6.8-09", "WG1-02-6.8-10")
def test_message_ids_limits_all_three_lists(box):
    wanted, other = box.server(), box.posted("support_request")
    sent = box.posted()
    query = f"{wanted['message_id']} {sent['message_id']} nobody's"

    listing = box.listing(message_ids=query)

    assert [ids(listing[name]) for name in LISTS] == [ids([wanted]), ids([wanted]), ids([sent])]
    assert [box.listing(message_ids="")[name] for name in LISTS] == [[], [], []]
    both = box.listing(message_ids=query, segment="outstanding")
    assert [ids(both[name]) for name in LISTS] == [ids([wanted]), [], []]
    assert other["message_id"] not in str(listing)


@requirement("WG1-02-6.8-11", "WG1-02-6.8-12", "WG1-02-6.8-03", "WG1-02-6.8-05", "WG1-02-6.8-07", "WG1-02-6.8-13")
def test_each_list_is_paged_by_itself_there_and_back(box, many):
    """Every segment has all nine members and fills its own list; nothing is left out or comes twice."""
    front = box.listing()
    expected = {
        "outstanding": many,
        "unread": [row for row in many if not row["read"]],
        "read": [row for row in many if row["read"]],
    }

    for name, rows in expected.items():
        page, seen, pages = front, [], 0
        while True:
            seen += page[name]
            pages += 1
            if page[f"{name}_next"] is None:
                break
            page = box.follow(page[f"{name}_next"])
            assert set(page) == {*LISTS, *LINKS}
            others = [other for other in LISTS if other != name]
            assert [page[other] for other in others] == [[], []]
            assert [page[f"{other}_{way}"] for other in others for way in ("next", "previous")] == [None] * 4
        order = [(message["modified"], message["message_id"]) for message in seen]
        wanted = {row["message_id"] for row in rows}
        ours = [key for key in order if key[1] in wanted]
        assert order == sorted(order, reverse=True)
        assert len(ours) == len(set(ours)) == len(rows)
        before = box.follow(page[f"{name}_previous"])
        assert before[f"{name}_next"] is not None
        assert ids(before[name]) == [key[1] for key in order[(pages - 2) * 100 : (pages - 1) * 100]]
        assert front[f"{name}_previous"] is None


def test_a_page_of_many_takes_no_more_statements_than_one_of_few(app, box):
    """Finding previous Messages and files of each by itself would grow with the page."""

    with app.app_context():
        engine = db.engine

    def statements():
        seen = []

        def note(*given):
            seen.append(given[2])

        event.listen(engine, "before_cursor_execute", note)
        box.listing()
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    few = statements()
    for _ in range(20):
        box.posted("support_request", attachments=[attachment()])

    assert statements() == few


def test_filters_travel_with_the_links(box, many):
    wanted = " ".join(row["message_id"] for row in many[:150])

    front = box.listing(message_ids=wanted)
    following = box.follow(front["outstanding_next"])

    assert len(front["outstanding"]) + len(following["outstanding"]) == 150
    assert following["outstanding_next"] is None


def test_a_page_ends_before_its_files_become_too_much(box, monkeypatch):
    """Bytes come with every Message, so a hundred of them could be a gigabyte."""
    monkeypatch.setattr(message_box, "MOST_BYTES", 250)
    sent = [box.posted("support_request", attachments=[attachment(bytes(100))]) for _ in range(4)]
    sent.append(box.posted("support_request", attachments=[attachment(bytes(1000))]))

    pages, page = [], box.listing()
    while True:
        pages.append(ids(page["outstanding"]))
        if page["outstanding_next"] is None:
            break
        page = box.follow(page["outstanding_next"])

    assert pages == [ids(sent[4:]), ids([sent[3], sent[2]]), ids([sent[1], sent[0]])]
    back = box.follow(page["outstanding_previous"])
    assert ids(back["outstanding"]) == pages[1]
    assert ids(box.follow(back["outstanding_previous"])["outstanding"]) == pages[0]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"segment": "drafts"}, "segment"),
        ({"cursor": "bm8"}, "segment"),
        ({"segment": "read", "cursor": "bm8"}, "cursor"),
        ({"message_ids": ["a", "b"]}, "message_ids"),
    ],
)
def test_a_place_that_is_not_in_a_list_is_refused(party, query, field):
    answer = party.http.get("/messages", query_string=query, headers=party.bearer)

    assert (answer.status_code, answer.json["field"]) == (400, field)


def test_links_name_the_public_address(box, many):
    assert box.listing()["unread_next"].startswith(f"{BASE}/messages?segment=unread&cursor=")
