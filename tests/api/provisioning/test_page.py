"""docs/how-to/operate/provisioning.md: what it tells to send is taken in."""

import json
import re
from pathlib import Path

from cdsc_server.services.provisioning.kinds import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "operate" / "provisioning.md"


def test_the_examples_of_the_page_are_taken_in_one_after_the_other(office):
    """The brand by its address, then each block of lines as an upload."""
    page = PAGE.read_text(encoding="utf-8")
    ((address, brand),) = re.findall(r'-X PUT "\$BASE/provisioning/(\S+)" --json \'(.+?)\'', page, re.DOTALL)
    blocks = [block for block in re.findall(r"```json\n(.+?)```", page, re.DOTALL) if block.startswith('{"kind"')]
    assert office.put(address, **json.loads(brand))["outcome"] == "new"
    answers = [office.upload(*(line.encode() for line in block.splitlines())) for block in blocks]

    assert [(each.status_code, each.json.get("accepted")) for each in answers] == [(200, 5), (200, 3)], answers[0].text


def test_the_page_tells_of_every_kind(office):
    page = PAGE.read_text(encoding="utf-8")

    assert {name for name in KINDS if f"`{name}`" not in page and f'"kind": "{name}"' not in page} == set()
