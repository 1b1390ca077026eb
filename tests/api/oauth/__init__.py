"""OAuth endpoints through the test client."""
