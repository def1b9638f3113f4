# The public names, and where each lives; type checkers read this file, and `import topmast` too.
# ruff: noqa: I001
from . import plots as plots
from .archive import Archive as Archive
from .astroquery.dropin import (
    install_as_astroquery as install_as_astroquery,
    uninstall_as_astroquery as uninstall_as_astroquery,
)
from .services.citation import (
    Citation as Citation,
    DataSet as DataSet,
    __citation__ as __citation__,
    cite as cite,
)
from .client import (
    Catalogs as Catalogs,
    Client as Client,
    Hapcut as Hapcut,
    Mast as Mast,
    MastMissions as MastMissions,
    Observations as Observations,
    Tesscut as Tesscut,
    Zcut as Zcut,
    connect as connect,
    get as get,
    verify as verify,
)
from .config import Conf as Conf, conf as conf
from .errors import (
    ArchiveError as ArchiveError,
    AuthenticationWarning as AuthenticationWarning,
    BadAnswerError as BadAnswerError,
    BlankResponseWarning as BlankResponseWarning,
    CloudAccessWarning as CloudAccessWarning,
    CorruptDataWarning as CorruptDataWarning,
    DiskFullError as DiskFullError,
    DownloadError as DownloadError,
    EmptyResponseError as EmptyResponseError,
    HTTPStatusError as HTTPStatusError,
    InputWarning as InputWarning,
    InvalidQueryError as InvalidQueryError,
    InvalidTypeError as InvalidTypeError,
    LargeQueryWarning as LargeQueryWarning,
    LoginError as LoginError,
    MastError as MastError,
    MastWarning as MastWarning,
    MaxResultsWarning as MaxResultsWarning,
    MissingExtraError as MissingExtraError,
    NoResultsWarning as NoResultsWarning,
    NotAuthorizedError as NotAuthorizedError,
    RemoteServiceError as RemoteServiceError,
    ResolverError as ResolverError,
    TableParseError as TableParseError,
    TimeoutError as TimeoutError,
    UnreachableError as UnreachableError,
    UnsafeNameError as UnsafeNameError,
)
from .services.catalogs import CatalogsClass as CatalogsClass
from .services.cutouts import (
    HapcutClass as HapcutClass,
    TesscutClass as TesscutClass,
    ZcutClass as ZcutClass,
)
from .services.mast import MastClass as MastClass
from .services.missions import MastMissionsClass as MastMissionsClass
from .services.observations import ObservationsClass as ObservationsClass
from .version import __version__ as __version__
