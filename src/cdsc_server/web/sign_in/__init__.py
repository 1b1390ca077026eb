"""Signing in and out."""

from cdsc_server.web.sign_in.views import install

__all__ = ["install"]
