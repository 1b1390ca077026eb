"""HTTP in and out; no rule of any specification lives here."""
