"""The protocol on Authlib, one module per RFC."""
