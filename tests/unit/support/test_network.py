import socket

import pytest


def test_no_test_reaches_beyond_this_machine():
    """192.0.2.1 is set aside for documentation: were the guard gone, this would wait and not be refused at once."""
    with socket.socket() as outside, pytest.raises(ConnectionRefusedError, match="a test tried"):
        outside.connect(("192.0.2.1", 80))
