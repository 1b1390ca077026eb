"""
Small programs that stand in for the world outside: a mail server that keeps what it gets, a payment provider.

For demonstrations, tests and trying things out: they listen on 127.0.0.1 only, and neither sends mail nor moves money.
They are processes of their own and share nothing with the server but their wire formats and the look of its pages.
"""
