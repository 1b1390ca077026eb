"""Answers encrypted to a key of the Client: CDS-WG3-01 7.4.6. Decrypted here by hand, as another program would."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cdsc_server import exact_json
from cdsc_server.storage.db import transaction
from tests.factories import customer_data
from tests.factories.oauth import register
from tests.support import requirement
from tests.support.oauth import judged_before_storage

PRIVATE = ec.derive_private_key(0xC0FFEE_1234567890, ec.SECP256R1())
OTHER = ec.derive_private_key(0xBADC0DE_987654321, ec.SECP256R1())
#: Every scope of Customer Data that ships.
SCOPES = [
    *("account_list", "supply_details", "distribution_details", "bill_statements", "amount_due", "service_bills"),
    *("rate_plan", "account_programs", "service_programs", "usage_data", "generation_mix"),
    *("query_accounts", "query_service_contracts", "query_service_points", "query_meter_devices"),
    *("query_bill_statements", "query_bill_sections", "query_usage"),
]
LISTINGS = ("accounts", "service_contracts", "service_points", "meter_devices", "bill_statements", "bill_sections")


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def written(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


def public(private: ec.EllipticCurvePrivateKey, **more: str) -> dict[str, str]:
    point = private.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "use": "enc", "x": written(point.x), "y": written(point.y), **more}


def decrypted(compact: bytes, private: ec.EllipticCurvePrivateKey = PRIVATE) -> tuple[dict, bytes]:
    """Header and content: ECDH-ES with Concat KDF (RFC 7518 4.6.2), A256GCM (5.3), without any JOSE library."""
    protected, encrypted_key, iv, ciphertext, tag = compact.decode().split(".")
    header = json.loads(plain(protected))
    assert (header["alg"], header["enc"], encrypted_key) == ("ECDH-ES", "A256GCM", "")
    x, y = (int.from_bytes(plain(header["epk"][name]), "big") for name in ("x", "y"))
    ephemeral = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    secret = private.exchange(ec.ECDH(), ephemeral)

    def sized(value: bytes) -> bytes:
        return len(value).to_bytes(4, "big") + value

    info = sized(b"A256GCM") + sized(b"") + sized(b"") + (256).to_bytes(4, "big")
    key = hashlib.sha256((1).to_bytes(4, "big") + secret + info).digest()
    return header, AESGCM(key).decrypt(plain(iv), plain(ciphertext) + plain(tag), protected.encode())


@pytest.fixture
def keyed(agreed):
    """Makes a token for a Grant over everything of Ada, with a key or without."""

    def made(jwk, token):
        entries = [
            agreed.entry(scope, "home", "family", kind="account_selection", jwk=jwk, **includes)
            for scope, includes in (
                ("account_list", {"include_account_numbers": True}),
                ("distribution_details", {"include_service_contracts": True, "include_service_points": True}),
                ("service_bills", {"include_bill_statements": True}),
                ("usage_data", {}),
            )
        ]
        return agreed.to(*entries, token=token)

    return made


@pytest.fixture
def read(client):
    """Reads an address with a token; gives the answer."""

    def asked(path, token, **headers):
        return client.get(path, headers={"Authorization": f"Bearer {token}", **headers})

    return asked


@requirement("WG3-01-7.4.6-12", "WG3-01-7.4.6-09", "WG3-01-7.4.6-11")
@pytest.mark.parametrize("listing", [*LISTINGS, "usage_segments"])
def test_with_a_key_only_its_holder_reads_the_answer(keyed, read, listing):
    """What is inside is the very answer without a key; the header says how it is encrypted, and for which key."""
    open_token, token = keyed(None, "open"), keyed(public(PRIVATE, kid="mine"), "sealed")
    path = f"/cds/{listing}"
    with read(path, token) as sealed, read(path, open_token) as clear:
        body, inside = sealed.get_data(), clear.get_data()

    header, content = decrypted(body)
    assert (sealed.status_code, sealed.mimetype, clear.mimetype) == (200, "application/jose", "application/json")
    assert (header["cty"], header["kid"]) == ("application/json", "mine")
    assert content == inside
    assert exact_json.loads(content)[listing] is not None
    with pytest.raises(Exception):  # noqa: B017, PT011  (whatever the cipher calls it)
        decrypted(body, OTHER)


@requirement("WG3-01-7.4.6-07", "WG3-01-7.4.6-12")
def test_no_two_answers_look_alike_and_none_is_compressed(keyed, read):
    token = keyed(public(PRIVATE), "sealed")
    bodies = []
    for _ in range(2):
        with read("/cds/usage_segments", token, **{"Accept-Encoding": "gzip"}) as answer:
            bodies.append(answer.get_data())
            assert "Content-Encoding" not in answer.headers

    assert bodies[0] != bodies[1]
    assert decrypted(bodies[0])[1] == decrypted(bodies[1])[1]


def test_files_of_usage_are_encrypted_too(keyed, read):
    open_token, token = keyed(None, "open"), keyed(public(PRIVATE), "sealed")
    with read("/cds/usage_segments", token, Accept="text/csv", **{"Accept-Encoding": "gzip"}) as sealed:
        header, content = decrypted(sealed.get_data())
        assert "Content-Encoding" not in sealed.headers
    with read("/cds/usage_segments", open_token, Accept="text/csv") as clear:
        assert (header["cty"], content) == ("text/csv", clear.get_data())


def test_refusals_stay_readable(keyed, read):
    """They hold nothing of a Customer, and whoever lost the key has to know what is wrong."""
    token = keyed(public(PRIVATE), "sealed")

    answer = read("/cds/accounts?page=x", token)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert "page is not a place in this listing" in answer.get_data(as_text=True)


@requirement("WG3-01-7.4.6-12")
def test_a_file_of_a_bill_is_encrypted_whole_whatever_part_is_asked_for(app, agreed, read):
    stored = app.extensions["cdsc"].ports.blobs.put([b"%PDF-1.7 a bill"])
    with app.app_context(), transaction() as session:
        file = {"file_hash": stored.content_hash, "file_size": stored.size, "file_mimetype": "application/pdf"}
        session.add(customer_data.statement("bill", "home", date(2026, 1, 5), **file))
    entry = agreed.entry(
        "bill_statements", "home", kind="account_selection", include_bill_statement_files=True, jwk=public(PRIVATE)
    )
    token = agreed.to(entry, token="files")

    with read("/cds/bill_statements/bill/file", token, Range="bytes=0-3") as answer:
        header, content = decrypted(answer.get_data())
    assert (answer.status_code, header["cty"], content) == (200, "application/pdf", b"%PDF-1.7 a bill")
    assert not {"ETag", "Accept-Ranges"} & set(answer.headers.keys())


@requirement("WG3-01-7.4.6-01", "WG3-01-7.4.6-02", "WG3-01-7.4.6-03", "WG3-01-7.4.6-04")
@pytest.mark.parametrize("scope_id", SCOPES)
def test_every_scope_of_customer_data_offers_a_key(client, scope_id):
    metadata = client.get("/.well-known/oauth-authorization-server").json
    fields = metadata["cds_scope_descriptions"][scope_id]["authorization_details_fields_supported"]
    [field] = [each for each in fields if each["id"] == "jwk"]

    assert (field["format"], field["is_required"], field["default"]) == ("jwk_or_null", False, None)


MALFORMED = [
    "a key",
    [],
    {},
    {**public(PRIVATE), "use": "sig"},
    {name: value for name, value in public(PRIVATE).items() if name != "use"},
    {**public(PRIVATE), "kty": "RSA"},
    {**public(PRIVATE), "crv": "P-384"},
    {**public(PRIVATE), "alg": "RSA-OAEP"},
    {**public(PRIVATE), "d": written(1)},
    {**public(PRIVATE), "kid": 7},
    {**public(PRIVATE), "x": public(OTHER)["x"]},
    {**public(PRIVATE), "y": public(PRIVATE)["y"][:-1]},
    {**public(PRIVATE), "y": public(PRIVATE)["y"] + "="},
    {**public(PRIVATE), "y": 5},
    {name: value for name, value in public(PRIVATE).items() if name != "x"},
    {**public(PRIVATE), "x": written(2**256 - 1)},
]


@pytest.fixture
def party(client):
    return register(client, "cds_client_admin account_list usage_data")


@judged_before_storage
@requirement("WG3-01-7.4.6-08", "WG3-01-7.4.6-10")
@pytest.mark.parametrize("jwk", MALFORMED, ids=range(len(MALFORMED)))
def test_a_key_that_cannot_be_used_is_refused(party, jwk):
    details = json.dumps([{"type": "usage_data", "jwk": jwk}])
    form = party.asking(scope=None, authorization_details=details)
    answer = party.http.post("/oauth/par", data=form, headers=party.app.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert answer.json["error_description"].startswith("authorization_details[0].jwk ")


@judged_before_storage
@requirement("WG3-01-7.4.6-05", "WG3-01-7.4.6-08", "WG3-01-7.4.6-09")
@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ((public(PRIVATE), public(PRIVATE)), 201),
        ((public(PRIVATE, alg="ECDH-ES"),) * 2, 201),
        ((None, None), 201),
        ((public(PRIVATE), public(OTHER)), 400),
        ((public(PRIVATE), None), 400),
        ((None, public(PRIVATE)), 400),
        ((public(PRIVATE), public(PRIVATE, kid="other")), 400),
    ],
)
def test_an_authorization_request_has_one_key_for_all_its_scopes(party, keys, status):
    details = [{"type": scope, "jwk": key} for scope, key in zip(("account_list", "usage_data"), keys, strict=True)]
    form = party.asking(scope=None, authorization_details=json.dumps(details))
    answer = party.http.post("/oauth/par", data=form, headers=party.app.headers)

    assert answer.status_code == status
    if status == 400:
        assert answer.json["error"] == "invalid_authorization_details"
        assert answer.json["error_description"].startswith("authorization_details[1].jwk differs")
