"""NASA's MAST archive in Python: find, download and hold space telescope data.

::

    from topmast import Observations

    table = Observations.query_object("M8", radius="0.02 deg")
    products = Observations.get_product_list(table[:2])
    manifest = Observations.download_products(products)

`connect` makes a client of another server or of a folder on this disk.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from topmast.version import __version__ as __version__

if TYPE_CHECKING:
    from topmast import plots as plots
    from topmast.archive import Archive
    from topmast.astroquery.dropin import install_as_astroquery, uninstall_as_astroquery
    from topmast.client import Catalogs, Client, Mast, Observations, connect, verify
    from topmast.config import Conf, conf
    from topmast.errors import (
        ArchiveError,
        AuthenticationWarning,
        BadAnswerError,
        BlankResponseWarning,
        CloudAccessWarning,
        CorruptDataWarning,
        DiskFullError,
        DownloadError,
        EmptyResponseError,
        HTTPStatusError,
        InputWarning,
        InvalidQueryError,
        LargeQueryWarning,
        LoginError,
        MastError,
        MastWarning,
        MaxResultsWarning,
        MissingExtraError,
        NoResultsWarning,
        NotAuthorizedError,
        RemoteServiceError,
        ResolverError,
        TableParseError,
        TimeoutError,
        UnreachableError,
        UnsafeNameError,
    )
    from topmast.services.catalogs import CatalogsClass
    from topmast.services.mast import MastClass
    from topmast.services.observations import ObservationsClass

__all__ = [
    "Archive",
    "ArchiveError",
    "AuthenticationWarning",
    "BadAnswerError",
    "BlankResponseWarning",
    "Catalogs",
    "CatalogsClass",
    "Client",
    "CloudAccessWarning",
    "Conf",
    "CorruptDataWarning",
    "DiskFullError",
    "DownloadError",
    "EmptyResponseError",
    "HTTPStatusError",
    "InputWarning",
    "InvalidQueryError",
    "LargeQueryWarning",
    "LoginError",
    "Mast",
    "MastClass",
    "MastError",
    "MastWarning",
    "MaxResultsWarning",
    "MissingExtraError",
    "NoResultsWarning",
    "NotAuthorizedError",
    "Observations",
    "ObservationsClass",
    "RemoteServiceError",
    "ResolverError",
    "TableParseError",
    "TimeoutError",
    "UnreachableError",
    "UnsafeNameError",
    "conf",
    "connect",
    "install_as_astroquery",
    "plots",
    "uninstall_as_astroquery",
    "verify",
]

_HOMES = {
    "Archive": "topmast.archive",
    "Catalogs": "topmast.client",
    "CatalogsClass": "topmast.services.catalogs",
    "Client": "topmast.client",
    "Conf": "topmast.config",
    "Mast": "topmast.client",
    "MastClass": "topmast.services.mast",
    "Observations": "topmast.client",
    "ObservationsClass": "topmast.services.observations",
    "conf": "topmast.config",
    "connect": "topmast.client",
    "install_as_astroquery": "topmast.astroquery.dropin",
    "uninstall_as_astroquery": "topmast.astroquery.dropin",
    "verify": "topmast.client",
}
"""Where the names live that are not errors; each is loaded when it is first used."""

_MODULES = ("plots",)


def __getattr__(name: str) -> Any:
    value = _load(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def _load(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"topmast.{name}")
    if name in __all__:
        return getattr(import_module(_HOMES.get(name, "topmast.errors")), name)
    raise AttributeError(f"module 'topmast' has no attribute {name!r}")
