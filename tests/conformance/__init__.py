"""The conformance kit against our own server, and the register of requirements both are judged by."""
