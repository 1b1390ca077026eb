"""Pure rules and values: no Flask, no database, no clock, no randomness; time and identifiers arrive as arguments."""
