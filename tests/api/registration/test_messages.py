"""Messages API: CDS-WG1-02 6.8."""

from tests.support import requirement


@requirement("WG1-02-6.8-01")
def test_a_listing_without_messages_has_all_its_members(party):
    """Three lists, each with its two links."""
    listing = party.http.get("/messages", headers=party.bearer).json

    assert {name for name, value in listing.items() if value == []} == {"outstanding", "unread", "read"}
    assert len([name for name, value in listing.items() if value is None]) == 6
