"""Whole journeys: OAuth, consent, dashboards, in a browser where a Customer would use one."""
