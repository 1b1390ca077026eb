"""XML from a stranger is refused with its line when it is built to reach outside the file or to fill the memory."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.errors import InvalidFile
from tests.factories.greenbutton import START, document, entries, hourly, one_row

FEED = '<feed xmlns="http://www.w3.org/2005/Atom">'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def refusal(content: str | bytes) -> InvalidFile:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InvalidFile) as caught, open_feed(file):
        pass
    return caught.value


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE feed [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE feed [<!ENTITY secret SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE feed SYSTEM "https://utility.example/feed.dtd">',
        '<!DOCTYPE feed [<!ENTITY % outside SYSTEM "https://utility.example/x"> %outside;]>',
        "<!DOCTYPE feed>",
    ],
)
def test_a_document_type_is_refused_before_it_defines_anything(doctype):
    problem = refusal(f'<?xml version="1.0"?>\n{doctype}\n{FEED}<title>&l9;</title></feed>')

    assert "document type" in problem.description
    assert problem.line == 2


def test_an_entity_without_a_definition_is_not_well_formed():
    assert "not well-formed" in refusal(f"{FEED}<title>&secret;</title></feed>").description


def test_a_file_that_was_cut_off_says_so():
    whole = document(entries(one_row(hourly([1, 2, 3]))))

    problem = refusal(whole[: len(whole) // 2])

    assert "not well-formed" in problem.description
    assert problem.line


@pytest.mark.parametrize("content", [b"", b"kWh,start\n1,2\n", b"\x00\x01\x02", b"\xff\xfe<\x00"])
def test_what_is_not_xml_is_refused(content):
    assert "not well-formed" in refusal(content).description


def test_xml_that_is_not_atom_is_refused():
    assert "not a Green Button file" in refusal("<html><body/></html>").description


def test_an_encoding_nobody_knows_is_refused():
    assert "encoding" in refusal('<?xml version="1.0" encoding="x-nobody"?><feed/>').description


@pytest.mark.parametrize(
    "inside", ["", "<entry><content>", '<entry><content><IntervalBlock xmlns="http://naesb.org/espi">']
)
def test_deep_nesting_is_refused(inside):
    assert "nested deeper" in refusal(FEED + inside + "<a>" * 100_000).description


@pytest.mark.parametrize(
    "content",
    [
        f"{FEED}<title>{'x' * 3_000_000}</title></feed>",
        f'{FEED}<title lang="{"x" * 3_000_000}"></title></feed>',
        f"{FEED}<!-- {'x' * 3_000_000} --></feed>",
    ],
    ids=["text", "attribute", "comment"],
)
def test_one_huge_piece_is_refused(content):
    assert "longer than" in refusal(content).description


def test_a_number_of_a_million_digits_is_refused():
    problem = refusal(document(entries(one_row(hourly(["9" * 900_000])))))

    assert "value is out of range" in problem.description


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Ten times the readings are read in less than twice the memory, once they no longer fit into the spool."""

    def peak(days: int) -> int:
        path = tmp_path / f"{days}.xml"
        with path.open("wb") as file:
            start, end = document(entries(one_row([]))).split(b"</IntervalBlock>")
            file.write(start)
            for day in range(days):
                file.write("".join(each.xml() for each in hourly([day] * 24, START + 86400 * day)).encode())
            file.write(b"</IntervalBlock>" + end)
        tracemalloc.start()
        with path.open("rb") as file, open_feed(file) as feed:
            assert sum(len(some.starts) for some in feed.intervals()) == 24 * days
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    assert peak(2500) < peak(500) * 2
