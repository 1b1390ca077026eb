"""Customer Data listings: WG3-01 10."""
