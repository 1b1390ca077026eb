"""What the kit judges: one module per object or endpoint, one small function per group of rows."""
