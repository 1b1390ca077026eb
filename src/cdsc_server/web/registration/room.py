"""The blueprint that the admin APIs of a Client share, and their way of paging."""

from __future__ import annotations

from flask import Blueprint

from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, link, links, shown

__all__ = ["PAGE_SIZE", "blueprint", "cursor_of", "link", "links", "shown"]

blueprint = Blueprint("registration", __name__)
