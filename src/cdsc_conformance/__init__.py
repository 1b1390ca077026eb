"""
The conformance kit: judges any CDS server from outside.

It speaks HTTP, knows an address, a test account and what the server's metadata publishes, and imports nothing of ours.
"""
