"""Use cases, named by verb; each owns its transaction."""
