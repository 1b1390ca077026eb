"""Signatures as Standard Webhooks has them, and addresses that may be called."""

from ipaddress import ip_address

import pytest

from cdsc_server.domain.webhooks import may_call, read_networks, signature, url_fault


def test_the_signature_is_that_of_standard_webhooks():
    """The example of its reference libraries."""
    signed = signature(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "127.0.0.1", "169.254.169.254", "0.0.0.1", "224.0.0.1", "255.255.255.255", "100.64.0.1", "::", "::1",
     "fd00::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::", "192.168.1.1"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_not_called(address):
    assert not may_call(ip_address(address), allowed=(), local=False)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_called(address):
    assert may_call(ip_address(address), allowed=(), local=False)


def test_an_operator_lets_a_network_in_and_no_other():
    allowed = read_networks("10.20.0.0/16 fd00:1::/32")

    assert may_call(ip_address("10.20.3.4"), allowed=allowed, local=False)
    assert may_call(ip_address("fd00:1::5"), allowed=allowed, local=False)
    assert not may_call(ip_address("10.21.0.1"), allowed=allowed, local=False)
    assert url_fault("https://10.20.3.4/", allowed=allowed, local=False) is None
    assert url_fault("http://10.20.3.4/", allowed=allowed, local=True) == "must start with https://"
