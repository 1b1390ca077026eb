"""What a web server loads: `cdsc_server.wsgi:application`, made of the `CDSC_*` variables around it."""

from __future__ import annotations

from cdsc_server import telemetry
from cdsc_server.app import create_app, system_ports
from cdsc_server.settings import Settings

_settings = Settings.from_environment()
telemetry.configure(_settings.log_format)

application = create_app(_settings, system_ports(_settings))
