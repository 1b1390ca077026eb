"""
Settings: one frozen object, read once from `CDSC_*` environment variables; every fault is reported together.

docs/reference/settings.md is generated from the docstrings of the fields.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from cdsc_server.errors import InvalidConfiguration


def setting(default: Any, doc: str) -> Any:
    """A field with the text of its documentation."""
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator sets; each field is the variable CDSC_<FIELD IN CAPITALS>."""

    database_url: str = setting(
        "sqlite:///var/cdsc.sqlite", "SQLAlchemy address of the database: sqlite:///FILE or postgresql+psycopg://..."
    )
    base_url: str = setting(
        "http://127.0.0.1:8000",
        "Public address of this server, without a slash at the end; every URL we publish starts with it.",
    )
    catalogue_file: str = setting(
        "", "TOML file with utility, scopes and value types; empty for the one that ships with the package."
    )
    key_file: str = setting(
        "var/keys/sealing.key",
        "File with the key that seals client secrets; made by `cdsc keys create`, never kept in the database.",
    )
    proxy_hops: int = setting(
        0, "How many reverse proxies stand in front and set X-Forwarded-*; 0 trusts none of these headers."
    )
    jobs_url: str = setting(
        "sqlite:///var/jobs.sqlite",
        "Queue of background work: sqlite:///FILE, or redis://HOST:PORT/N.",
    )
    limits_url: str = setting(
        "",
        "Redis in which limits are counted, such as failed sign-ins: redis://USER:PASSWORD@HOST:PORT/N; empty for the "
        "database, which also counts while that Redis does not answer. See docs/how-to/operate/production.md.",
    )
    access_token_seconds: int = setting(3600, "Life of an access token.")
    admin_token_seconds: int = setting(900, "Life of a Client Admin or Grant Admin access token.")
    code_seconds: int = setting(60, "Life of an authorization code.")
    pushed_request_seconds: int = setting(90, "Life of a request_uri until it is first opened.")
    form_seconds: int = setting(600, "How long a consent form stays open after the last activity.")
    session_seconds: int = setting(600, "How long a sign-in lasts after the last activity.")
    login_failures: int = setting(
        5,
        "Failed sign-ins of one name, or failed authentications of one Client from one address, after which it waits.",
    )
    login_wait_seconds: int = setting(
        60, "First wait after too many failed sign-ins; it doubles with each further failure."
    )
    address_login_failures: int = setting(50, "Failures of both kinds from one network address after which it waits.")
    registrations_per_hour: int = setting(60, "Registration requests taken from one network address in an hour.")
    body_bytes: int = setting(1_048_576, "Largest request body taken, in bytes, except of Messages with attachments.")
    upload_bytes: int = setting(1_073_741_824, "Largest upload of records that the provisioning API takes, in bytes.")
    hub_dir: str = setting(
        "",
        "Directory of descriptions of meter-data hubs, NAME.toml each; empty for none. "
        "See docs/how-to/operate/connectors.md.",
    )
    blob_dir: str = setting("var/blobs", "Directory of attached and shared files and bills; made with the first one.")
    blob_url: str = setting(
        "",
        "Bucket of an S3-compatible storage that keeps these files instead: https://HOST/BUCKET/PREFIX. "
        "See docs/how-to/operate/file-storage.md.",
    )
    blob_region: str = setting("us-east-1", "Region of that bucket, as its storage names it.")
    blob_key_file: str = setting(
        "var/keys/blobs.key", "File with the key that opens that bucket: its id in the first line, the secret below."
    )
    import_dir: str = setting(
        "",
        "Directory whose files are taken in by themselves; empty for none. See docs/how-to/operate/import-folder.md.",
    )
    import_minutes: int = setting(5, "How often that directory is looked through, in minutes; up to 60.")
    sftp_url: str = setting(
        "",
        "Directory on an SFTP server whose files are brought into that directory first: sftp://USER@HOST:PORT/PATH; "
        "empty for none. See docs/how-to/operate/import-folder.md.",
    )
    sftp_key_file: str = setting("var/keys/sftp.key", "File with the private key that signs in there.")
    sftp_hosts_file: str = setting(
        "var/keys/sftp.known_hosts", "File with the key of that host, as OpenSSH's known_hosts; no other is believed."
    )
    attachment_bytes: int = setting(
        10_485_760, "Most that the files attached to one Message may hold together, in bytes; at least 10000000."
    )
    mail_url: str = setting(
        "",
        "Server that takes our mail: smtp://USER:PASSWORD@HOST:587?starttls=yes or smtps://HOST:465; "
        "empty sends no mail. See docs/how-to/operate/mail.md.",
    )
    mail_from: str = setting("", "Address our mail comes from, such as no-reply@utility.example.")
    mail_tries: int = setting(11, "Attempts to hand on a mail before it is put aside as a dead letter.")
    mail_retry_seconds: int = setting(60, "Wait after the first failed attempt; it doubles each time, up to 6 hours.")
    mail_templates_dir: str = setting(
        "",
        "Directory of mails in the words of your brands, BRAND/LANGUAGE/KIND.txt each; empty for none. "
        "See docs/how-to/operate/mail-templates.md.",
    )
    webhook_tries: int = setting(20, "Attempts to tell a webhook of an event before it is put aside as a dead letter.")
    webhook_retry_seconds: int = setting(
        10, "Wait after the first failed attempt; it doubles each time, up to 6 hours."
    )
    webhook_seconds: int = setting(10, "How long a webhook may take to answer; up to 60.")
    webhook_failing_days: int = setting(
        5, "Days of failures, without a success between, after which a webhook is disabled."
    )
    webhook_overlap_hours: int = setting(24, "How long the secret of a webhook goes on working beside a new one.")
    webhook_days: int = setting(7, "Days for which events are kept that were sent or given up, to be sent again.")
    webhook_networks: str = setting(
        "",
        "Networks besides the public ones that webhooks may lie in, such as 10.20.0.0/16, separated by spaces. "
        "See docs/how-to/operate/notifications.md.",
    )
    ends_soon_days: int = setting(14, "How many days before a Grant ends its Customer is told of it.")
    payment_url: str = setting(
        "",
        "Address of the payment provider, without a slash at the end; empty takes no payments online. "
        "See docs/how-to/operate/payments.md.",
    )
    payment_secret_file: str = setting(
        "var/keys/payment.secret", "File with the secret that the payment provider and this server share."
    )
    tickets_url: str = setting(
        "",
        "Where support requests become tickets: https://ACCOUNT.zendesk.com, or mailto:desk@utility.example; empty for "
        "the console only. See docs/how-to/operate/tickets.md.",
    )
    tickets_token_file: str = setting(
        "var/keys/tickets.token", "File with the OAuth token that the ticket system gave us."
    )
    tickets_secret_file: str = setting(
        "var/keys/tickets.secret", "File with the secret by which the ticket system signs its calls."
    )
    read_log_days: int = setting(
        92,
        "Days for which the access log of a Grant, which its Customer sees, keeps each hour by itself; "
        "of days before that one row for each listing is kept. At least 31.",
    )
    device_days: int = setting(
        14,
        "Days for which what devices told is kept as it came; usage made of it stays. At least 4. See "
        "docs/how-to/operate/devices.md.",
    )
    metrics_token_file: str = setting(
        "",
        "File with the token that opens /metrics to Prometheus, of at least 32 characters; empty for no such page. "
        "See docs/how-to/operate/metrics.md.",
    )
    log_format: str = setting("text", "text for people, json for collectors.")
    demo: bool = setting(
        False, "Whether this server is the demonstration: says on its pages that people and data are made up."
    )

    def __repr__(self) -> str:
        """Every field, addresses without their passwords: a repr ends up in logs."""
        shown = ", ".join(f"{f.name}={_without_password(getattr(self, f.name))!r}" for f in fields(self))
        return f"Settings({shown})"

    def __post_init__(self) -> None:
        faults = list(_faults(self))
        if faults:
            raise InvalidConfiguration(faults)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """
        Settings from `CDSC_*` variables.

        Raises:
            InvalidConfiguration: values of the wrong kind, impossible combinations; all at once.
        """
        environment = os.environ if environment is None else environment
        known = {f"CDSC_{f.name.upper()}": f for f in fields(cls)}
        values: dict[str, Any] = {}
        faults: list[str] = []
        for name, text in environment.items():
            if name in known:
                try:
                    values[known[name].name] = _read(text, type(known[name].default))
                except ValueError as fault:
                    faults.append(f"{name}: {fault}")
        if faults:
            raise InvalidConfiguration(faults)
        return cls(**values)

    @classmethod
    def for_tests(cls, **overrides: Any) -> Settings:
        """Settings of a test: short waits, no files outside the ones given."""
        values = {"login_wait_seconds": 1, **overrides}
        return cls(**values)


def _without_password(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Up to the last @, and without a look at what stands before: addresses with faults have passwords too.
    shown = re.sub(r"(?<!mailto):(?!//).*@", ":***@", value)
    return re.sub(r"password=[^&]*", "password=***", shown)


def _read(text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise ValueError(f"{text!r} is not yes or no")
        return text.lower() in ("1", "true", "yes")
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a whole number") from None
    return text


def _faults(settings: Settings) -> list[str]:
    faults = []
    base = _split(settings.base_url)
    local = base.hostname in ("127.0.0.1", "localhost", "::1")
    if base.scheme != "https" and not (base.scheme == "http" and local):
        faults.append("CDSC_BASE_URL must start with https://, except on this machine itself")
    if settings.base_url.endswith("/") or base.query or base.fragment:
        faults.append("CDSC_BASE_URL must not end with a slash nor hold a query or fragment")
    lives = (
        "access_token_seconds",
        "admin_token_seconds",
        "code_seconds",
        "pushed_request_seconds",
        "form_seconds",
        "session_seconds",
    )
    faults += [f"CDSC_{name.upper()} must be above 0" for name in lives if getattr(settings, name) <= 0]
    if settings.code_seconds > 600:
        faults.append("CDSC_CODE_SECONDS must not be above 600 (RFC 6749 4.1.2)")
    if settings.form_seconds < 600:
        faults.append("CDSC_FORM_SECONDS must be at least 600, so that nobody is hurried (CDS-WG3-01 9.2)")
    if settings.body_bytes < 65_536:
        faults.append("CDSC_BODY_BYTES must be at least 65536")
    if settings.attachment_bytes < 10_000_000:
        faults.append("CDSC_ATTACHMENT_BYTES must be at least 10000000 (CDS-WG1-02 6.9)")
    if not settings.blob_dir:
        faults.append("CDSC_BLOB_DIR must name a directory")
    if settings.blob_url and not _is_bucket(settings.blob_url):
        faults.append("CDSC_BLOB_URL must be https://HOST/BUCKET, or http:// on this machine itself")
    if not settings.database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        faults.append("CDSC_DATABASE_URL must start with sqlite:/// or postgresql+psycopg://")
    elif settings.database_url.startswith("postgresql") and settings.database_url.count("@") > 1:
        # What follows the first @ would be looked up as the name of a host, and stand in messages.
        faults.append("CDSC_DATABASE_URL must have an @ of name or password written as %40")
    if not settings.jobs_url.startswith("sqlite:///") and not _is_redis(settings.jobs_url):
        faults.append("CDSC_JOBS_URL must be sqlite:///FILE, redis://HOST:PORT/N or rediss://HOST:PORT/N")
    if settings.limits_url and not _is_redis(settings.limits_url):
        faults.append("CDSC_LIMITS_URL must be redis://HOST:PORT/N or rediss://HOST:PORT/N")
    if settings.catalogue_file and not Path(settings.catalogue_file).is_file():
        faults.append(f"CDSC_CATALOGUE_FILE {settings.catalogue_file!r} is not a file")
    if settings.import_dir and not Path(settings.import_dir).is_dir():
        faults.append(f"CDSC_IMPORT_DIR {settings.import_dir!r} is not a directory")
    if settings.sftp_url and not _is_sftp(settings.sftp_url):
        faults.append("CDSC_SFTP_URL must be sftp://USER@HOST:PORT/PATH, without a password")
    if settings.sftp_url and not settings.import_dir:
        faults.append("CDSC_SFTP_URL needs CDSC_IMPORT_DIR, where its files are brought")
    if settings.hub_dir and not Path(settings.hub_dir).is_dir():
        faults.append(f"CDSC_HUB_DIR {settings.hub_dir!r} is not a directory")
    if settings.mail_templates_dir and not Path(settings.mail_templates_dir).is_dir():
        faults.append(f"CDSC_MAIL_TEMPLATES_DIR {settings.mail_templates_dir!r} is not a directory")
    if not 1 <= settings.import_minutes <= 60:
        faults.append("CDSC_IMPORT_MINUTES must be from 1 to 60")
    if bool(settings.mail_url) != bool(settings.mail_from):
        faults.append("CDSC_MAIL_URL and CDSC_MAIL_FROM belong together: set both or none")
    if settings.mail_tries < 1 or settings.mail_retry_seconds < 1:
        faults.append("CDSC_MAIL_TRIES and CDSC_MAIL_RETRY_SECONDS must be above 0")
    positive = ("tries", "retry_seconds", "failing_days", "overlap_hours", "days")
    faults += [
        f"CDSC_WEBHOOK_{name.upper()} must be above 0" for name in positive if getattr(settings, f"webhook_{name}") < 1
    ]
    if settings.ends_soon_days < 1:
        faults.append("CDSC_ENDS_SOON_DAYS must be above 0")
    if not 1 <= settings.webhook_seconds <= 60:
        faults.append("CDSC_WEBHOOK_SECONDS must be from 1 to 60")
    try:
        for network in settings.webhook_networks.split():
            ip_network(network)
    except ValueError as fault:
        faults.append(f"CDSC_WEBHOOK_NETWORKS: {fault}")
    if settings.read_log_days < 31:
        faults.append("CDSC_READ_LOG_DAYS must be at least 31, the days that Customers see plotted")
    if settings.payment_url and not settings.payment_url.startswith(("https://", "http://127.0.0.1:")):
        faults.append("CDSC_PAYMENT_URL must start with https://, except on this machine itself")
    if settings.device_days < 4:
        faults.append("CDSC_DEVICE_DAYS must be at least 4, because gaps of three days are still filled")
    if settings.tickets_url.startswith("mailto:"):
        if not settings.mail_url or "@" not in settings.tickets_url:
            faults.append("CDSC_TICKETS_URL by mailto: needs an address, and CDSC_MAIL_URL to send from")
    elif settings.tickets_url and not settings.tickets_url.startswith(("https://", "http://127.0.0.1:")):
        faults.append("CDSC_TICKETS_URL must start with https:// or mailto:, or be on this machine itself")
    if settings.log_format not in ("text", "json"):
        faults.append("CDSC_LOG_FORMAT must be text or json")
    return faults


def _split(url: str) -> SplitResult:
    """The parts of an address, all of them empty where it is none: what Python says of those may quote a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return urlsplit("")
    return parts


def _is_redis(url: str) -> bool:
    parts = _split(url)
    numbered = parts.path.strip("/").isdecimal() or parts.path in ("", "/")
    return parts.scheme in ("redis", "rediss") and bool(parts.hostname) and numbered


def _is_sftp(url: str) -> bool:
    parts = _split(url)
    named = bool(parts.hostname and parts.username) and parts.password is None
    return parts.scheme == "sftp" and named and not parts.query and not parts.fragment


def _is_bucket(url: str) -> bool:
    parts = _split(url)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    plain = not parts.query and not parts.fragment and "@" not in parts.netloc
    return (parts.scheme == "https" or local) and bool(parts.hostname) and plain and bool(parts.path.strip("/"))


def settings_page() -> str:
    """docs/reference/settings.md: every variable, its default, what it does."""
    rows = [f"| `CDSC_{f.name.upper()}` | `{f.default!r}` | {f.metadata['doc']} |" for f in fields(Settings)]
    return "\n".join(
        [
            "# Settings",
            "",
            "For operators. Read once at the start from the environment; all faults are reported together.",
            "This page is written by `cdsc config reference`.",
            "",
            "| Variable | Default | What it does |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )
