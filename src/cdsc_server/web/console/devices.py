"""Sites with devices: which are silent and why, what each told in the last day, and asking again."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import DECIDE
from cdsc_server.services import device_health, device_sites, proxied
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/devices")
@operator()
@undocumented("a page")
def devices() -> ResponseReturnValue:
    """Sites in trouble, and every site, the newest first."""
    return show("devices.html", found=device_health.list_sites(cursor=asked_cursor(), size=SIZE, ports=ports()))


@blueprint.get("/devices/<site_id>")
@operator()
@undocumented("a page")
def device_site(site_id: str) -> ResponseReturnValue:
    """A site with its devices and its last day; of one whose readings are not kept, how things are now."""
    found = device_health.find_site(site_id, ports=ports())
    return show("device-site.html", found=found, now=proxied.fetch_now(found.seen.row, ports=ports()))


@blueprint.post("/devices/<site_id>")
@operator(*DECIDE)
@undocumented("a page")
def ask_device_site(site_id: str) -> ResponseReturnValue:
    """Have a site asked at once, also one that was put aside."""
    device_sites.ask_again(site_id, actor=signed_in().username, ports=ports())
    return redirect(url_for("console.device_site", site_id=site_id), 303)
