import socket

import pytest
from click.testing import CliRunner

from cdsc_conformance.cli import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["utility.example"],
        ["ftp://utility.example"],
        ["https://utility.example", "--plan", "everything"],
        ["https://utility.example", "--username", "somebody"],
    ],
    ids=["no scheme", "not HTTP", "no such plan", "no password"],
)
def test_a_wrong_call_ends_with_2_and_words(arguments):
    done = CliRunner().invoke(main, arguments, env={"CDSC_CONFORMANCE_PASSWORD": ""})

    assert done.exit_code == 2
    assert "Error" in done.output


def test_a_server_that_does_not_answer_ends_with_2():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = CliRunner().invoke(main, [f"http://127.0.0.1:{taken.getsockname()[1]}", "--plan", "metadata"])

    assert done.exit_code == 2
    assert "nothing answers" in done.output
