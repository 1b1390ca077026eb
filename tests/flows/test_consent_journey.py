"""From the link of a Client to its data and to the end of it, over HTTP only."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from cdsc_server import exact_json
from cdsc_server.storage.db import transaction
from tests.factories import people
from tests.factories.oauth import CALLBACK, register
from tests.support import requirement
from tests.support.pages import Visitor

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-and-made-up"


@pytest.fixture
def party(client):
    return register(client)


@requirement("WG3-01-9.1.1-24", "WG3-01-9.1.1-26", "WG3-01-9.1.1-31", "WG1-02-8.2-13")
def test_a_client_asks_reads_and_is_stopped(app, clock, party):
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
    details = [{"type": "supply_details", "contract_numbers": ["C-shop0001", "C-shop0003"]}]
    asking = party.asking(
        scope="supply_details",
        authorization_details=exact_json.dumps(details).decode(),
        code_challenge=create_s256_code_challenge(VERIFIER),
    )
    visitor = Visitor(app.test_client())
    visitor.load("/oauth/authorize", query_string=asking)
    visitor.sign_in()
    landed = visitor.press("approve", untick=(("s1", "shop0003"),)).location
    answer = {name: values[0] for name, values in parse_qs(urlsplit(landed).query).items()}
    redeemed = party.token(
        {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "code_verifier": VERIFIER,
            "redirect_uri": CALLBACK,
        }
    )
    bearer = {"Authorization": f"Bearer {redeemed.json['access_token']}"}
    read = party.http.get("/supply_details", headers=bearer)
    visitor.load("/my-data")
    visitor.load(re.search(r'<h3 [^>]*><a href="(/my-data/[^"]+)"', visitor.text)[1])
    visitor.press("stop")
    refused = party.http.get("/supply_details", headers=bearer)

    assert answer["state"] == "xyz"
    assert [each["contract_number"] for each in read.json["service_contracts"]] == ["C-shop0001"]
    assert refused.status_code == 401
