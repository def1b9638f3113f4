"""The account of the sample archive, whose password anybody may know: it hides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from topmast.archive import Archive


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to log in as; `proposals` are those of the exclusive samples that they may have."""

    name: str
    password: str
    first_name: str
    last_name: str
    proposals: tuple[str, ...]

    def add_to(self, archive: Archive) -> None:
        """Make the account in an archive."""
        from topmast.archive.accounts.accounts import add_account

        add_account(
            archive.store,
            self.name,
            self.password,
            first_name=self.first_name,
            last_name=self.last_name,
            proposals=self.proposals,
        )


DEMO_ACCOUNT = DemoAccount(
    "testUser@stsci.edu", "testPwd", "Test", "User", ("9185", "10036", "1162")
)
"""As the guide prints it. The other exclusive samples stay closed to it."""
