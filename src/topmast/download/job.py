"""One file to bring home, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Job:
    """One product: where it comes from and where it goes.

    `path` is relative to the download folder, with slashes; `shown` is what the manifest says.
    `size` is what the product table promises, which is not always true.
    """

    uri: str
    url: str
    path: str
    shown: str
    size: int | None = None
    message: str = ""
    data_url: str = ""
    exclusive_until: str = ""
    error: str = ""
    keep_aside: bool = False


@dataclass(slots=True)
class Outcome:
    """What happened to one job: a row of the manifest."""

    job: Job
    status: str = "COMPLETE"
    message: str | None = None
    bytes: int = 0
    sha256: str = ""
    attempts: int = 0
    seconds: float = 0.0
    source: str = ""
    path: Path | None = field(default=None, repr=False)

    @property
    def url(self) -> str | None:
        """The URL for the manifest: named only when it failed, as in the guide."""
        return None if self.status == "COMPLETE" else self.job.data_url or self.job.url
