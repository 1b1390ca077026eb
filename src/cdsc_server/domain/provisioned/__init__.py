"""What the utility's own systems hand in, one module for each kind of record: its members and their rules."""
