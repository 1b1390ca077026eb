"""Direct access with an encryption key: CDS-WG3-01 7.4.6."""

from __future__ import annotations

from cdsc_server import exact_json
from tests.api.customer_data.test_encryption import OTHER, PRIVATE, decrypted, public
from tests.support import requirement


@requirement("WG3-01-7.4.6-06")
def test_a_token_request_has_one_key_for_all_its_scopes(direct):
    direct.permit("ada")
    answer = direct.ask(
        {"type": "query_accounts", "jwk": public(PRIVATE)}, {"type": "query_usage", "jwk": public(OTHER)}
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert direct.grants() == []


@requirement("WG3-01-7.4.6-06", "WG3-01-7.4.6-10")
def test_a_key_that_cannot_be_used_makes_no_grant(direct):
    direct.permit("ada")
    answer = direct.ask({"type": "query_accounts", "jwk": {**public(PRIVATE), "x": public(OTHER)["x"]}})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert direct.grants() == []


@requirement("WG3-01-7.4.6-12")
def test_answers_over_many_customers_are_encrypted_too(direct, client):
    """A token without a key reads the same, in clear."""
    direct.permit("ada")
    direct.permit("bob")
    answers = {}
    for name, jwk in (("sealed", public(PRIVATE)), ("open", None)):
        headers = {"Authorization": f"Bearer {direct.token('query_accounts', jwk=jwk)}"}
        answers[name] = client.get("/cds/accounts", headers=headers)

    header, content = decrypted(answers["sealed"].get_data())
    assert (answers["sealed"].mimetype, header["cty"]) == ("application/jose", "application/json")
    assert exact_json.loads(content) == answers["open"].json
    assert len(answers["open"].json["accounts"]) == 3
