"""What `cdsc serve` refuses before it starts anything."""

import pytest
from click.testing import CliRunner

from cdsc_server.cli_serve import serve


@pytest.mark.parametrize(
    ("option", "rule"), [("--workers=0", "x>=1"), ("--threads=0", "1<=x<=12"), ("--threads=13", "1<=x<=12")]
)
def test_a_number_of_processes_or_threads_that_cannot_serve_is_refused(option, rule):
    shown = CliRunner().invoke(serve, [option])
    assert shown.exit_code == 2
    assert option.partition("=")[0] in shown.output
    assert rule in shown.output
