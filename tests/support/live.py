"""
`live_server`: the application behind a real socket. `client_site`: a Client's web site, for redirects to land on.

Both are threads of this process: the test keeps hold of the clock and of the database the server sees.
"""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.app import dispose, save_time

if TYPE_CHECKING:
    from flask import Flask

    from cdsc_server.ports import Ports
    from cdsc_server.settings import Settings


@dataclass(frozen=True)
class LiveServer:
    """A running server: `url` has no slash at its end; `app` is the object that answers."""

    url: str
    app: Flask
    settings: Settings


class _Silent(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing: a failing test shows the page, not the access log."""


@pytest.fixture
def live_server(settings: Settings, ports: Ports) -> Iterator[LiveServer]:
    """The application of `settings` and `ports` on a free port, with that address as its base_url."""
    from cdsc_server.app import create_app

    # The address is known only once the socket is bound, and the application needs the address.
    server = make_server("127.0.0.1", 0, _not_yet, threaded=True, request_handler=_Silent)
    url = f"http://127.0.0.1:{server.server_port}"
    live = replace(settings, base_url=url)
    save_time()
    server.app = app = create_app(live, ports)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield LiveServer(url, app, live)
    server.shutdown()
    thread.join()
    server.server_close()
    dispose(app)


def _not_yet(*_: object) -> list[bytes]:
    raise AssertionError("answered before the application was there")


@dataclass(frozen=True)
class Landing:
    """A request that reached the Client's site."""

    path: str
    query: dict[str, str]


@dataclass(frozen=True)
class ClientSite:
    """A web site over TLS with a self-signed certificate; `landings` holds what arrived, the oldest first."""

    url: str
    landings: list[Landing] = field(default_factory=list)

    @property
    def callback(self) -> str:
        """A redirect_uri on this site."""
        return f"{self.url}/callback"


@pytest.fixture
def client_site(tmp_path: Path) -> Iterator[ClientSite]:
    """Answers every GET with a page and keeps its query: the redirect_uri of a Client in a browser test."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path != "/favicon.ico":
                query = {name: values[0] for name, values in parse_qs(asked.query, keep_blank_values=True).items()}
                site.landings.append(Landing(asked.path, query))
            body = b"<!doctype html><title>Client</title><h1>Back at the Client</h1>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_at(tmp_path / "client-site.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    site = ClientSite(f"https://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def certificate_at(path: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 signed by it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client site of a test")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
