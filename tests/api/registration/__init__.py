"""Registration and the admin APIs through the test client."""
