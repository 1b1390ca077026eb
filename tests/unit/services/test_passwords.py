"""A password is kept so that guessing it from what is kept takes long."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec

from argon2 import extract_parameters

from cdsc_server.services import passwords


def _as_shipped():
    # Other tests of this worker may have made hashing cheap.
    spec = find_spec(passwords.__name__)
    shipped = module_from_spec(spec)
    spec.loader.exec_module(shipped)
    return shipped


def test_hashing_costs_what_the_advice_asks_for():
    kept = _as_shipped().hash_password("a password of somebody")

    costs = extract_parameters(kept)
    assert (kept[:10], costs.memory_cost, costs.time_cost, costs.parallelism) == ("$argon2id$", 19_456, 2, 1)


def test_the_same_password_is_kept_as_another_text_and_fits():
    one, other = (passwords.hash_password("a password of somebody") for _ in range(2))

    assert one != other
    assert passwords.password_fits(one, "a password of somebody")
    assert not passwords.password_fits(one, "a password of nobody")


def test_an_unknown_name_fits_no_password_and_takes_the_same_work(monkeypatch):
    asked = []
    verify = passwords._HASHER.verify
    monkeypatch.setattr(passwords._HASHER.__class__, "verify", lambda _, *given: asked.append(given) or verify(*given))

    assert not passwords.password_fits(None, "the password of nobody")
    assert len(asked) == 1
