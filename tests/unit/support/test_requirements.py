import pytest

from cdsc_conformance.register import register
from tests.support import requirement


def test_the_register_holds_every_standard():
    """A file that is lost or cut short would let mistyped ids of its standard through or refuse right ones."""
    standards = {each.split("-")[0] for each in register()}

    assert {"WG1", "WG3", "FAPI2"} <= standards
    assert len(register()) > 3_000


@pytest.mark.parametrize("known", ["WG1-02-8.7-03", "RFC7009-2.1", "RFC6749-5.2", "FAPI2-5.3.2.1-03"])
def test_a_known_id_marks_the_test(known):
    assert requirement(known).mark.args == (known,)


@pytest.mark.parametrize("unknown", ["WG1-02-8.7-99", "WG9-01-1-01", "RFC70-2", "8.7", ""])
def test_an_unknown_id_is_refused(unknown):
    """It would otherwise count as shown while no row of the register is."""
    with pytest.raises(ValueError, match="register"):
        requirement("WG1-02-8.7-03", unknown)
