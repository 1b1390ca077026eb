"""The admin API, and the service accounts that use it."""
