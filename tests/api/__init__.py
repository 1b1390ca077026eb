"""One file per resource, through the test client."""
