"""The files of a demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdsc_server.settings import Settings


@dataclass(frozen=True)
class Files:
    """Where a demonstration keeps what it knows."""

    directory: Path

    @property
    def database(self) -> Path:
        return self.directory / "demo.sqlite"

    @property
    def key(self) -> Path:
        return self.directory / "sealing.key"

    @property
    def payment_secret(self) -> Path:
        return self.directory / "payment.secret"

    @property
    def imports(self) -> Path:
        return self.directory / "imports"

    @property
    def sample_delta(self) -> Path:
        return self.directory / "sample-delta.csv"

    @property
    def unfinished(self) -> Path:
        return self.directory / "unfinished.sqlite"

    def settings(self, *, database: Path | None = None) -> Settings:
        """What the server of this demonstration is started with."""
        return Settings(
            database_url=f"sqlite:///{database or self.database}",
            key_file=str(self.key),
            blob_dir=str(self.directory / "blobs"),
            demo=True,
        )
