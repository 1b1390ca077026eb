"""The tests: unit (rules), api (one resource each), flows (whole journeys), conformance (the register)."""
