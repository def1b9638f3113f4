"""The user of a request, and the exclusive products that the user may access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from topmast.archive.accounts.accounts import Account

EXCLUSIVE_ACCESS = "mast:exclusive_access"


@dataclass(frozen=True, slots=True)
class User:
    """Whoever sent a request; `account` is None without a login.

    `proposals` are those whose exclusive data this login may have, None means all; `session` and
    `token` are ids of the login, not its secret.
    """

    account: Account | None = None
    scopes: tuple[str, ...] = ()
    proposals: frozenset[str] | None = frozenset()
    expires: float = 0.0
    session: str | None = None
    token: str | None = None

    def may_have(self, proposals: frozenset[str]) -> bool:
        """Whether this login has a right to exclusive data of one of `proposals`."""
        if self.account is None or EXCLUSIVE_ACCESS not in self.scopes:
            return False
        return self.proposals is None or not self.proposals.isdisjoint(proposals)

    @property
    def key(self) -> list[str]:
        """The same for two logins that are to get the same answers."""
        if self.account is None:
            return []
        rights = ["*"] if self.proposals is None else sorted(self.proposals)
        return [self.account.name, *self.scopes, "", *rights]


ANONYMOUS = User()
