"""An authorization and resource server for energy data shared under a Customer's consent (LF Energy CDS)."""

__version__ = "0.1.0"
