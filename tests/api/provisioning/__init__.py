"""The provisioning API."""
