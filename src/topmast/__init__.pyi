# The public names, and where each lives; type checkers read this file, and `import topmast` too.
from . import plots as plots
from .archive import Archive as Archive
from .astroquery.dropin import (
    install_as_astroquery as install_as_astroquery,
)
from .astroquery.dropin import (
    uninstall_as_astroquery as uninstall_as_astroquery,
)
from .client import (
    Catalogs as Catalogs,
)
from .client import (
    CatalogsClass as CatalogsClass,
)
from .client import (
    Client as Client,
)
from .client import (
    Mast as Mast,
)
from .client import (
    MastClass as MastClass,
)
from .client import (
    Observations as Observations,
)
from .client import (
    ObservationsClass as ObservationsClass,
)
from .client import (
    connect as connect,
)
from .client import (
    verify as verify,
)
from .config import Conf as Conf
from .config import conf as conf
from .errors import (
    ArchiveError as ArchiveError,
)
from .errors import (
    AuthenticationWarning as AuthenticationWarning,
)
from .errors import (
    BadAnswerError as BadAnswerError,
)
from .errors import (
    BlankResponseWarning as BlankResponseWarning,
)
from .errors import (
    CloudAccessWarning as CloudAccessWarning,
)
from .errors import (
    CorruptDataWarning as CorruptDataWarning,
)
from .errors import (
    DiskFullError as DiskFullError,
)
from .errors import (
    DownloadError as DownloadError,
)
from .errors import (
    EmptyResponseError as EmptyResponseError,
)
from .errors import (
    HTTPStatusError as HTTPStatusError,
)
from .errors import (
    InputWarning as InputWarning,
)
from .errors import (
    InvalidQueryError as InvalidQueryError,
)
from .errors import (
    LargeQueryWarning as LargeQueryWarning,
)
from .errors import (
    LoginError as LoginError,
)
from .errors import (
    MastError as MastError,
)
from .errors import (
    MastWarning as MastWarning,
)
from .errors import (
    MaxResultsWarning as MaxResultsWarning,
)
from .errors import (
    MissingExtraError as MissingExtraError,
)
from .errors import (
    NoResultsWarning as NoResultsWarning,
)
from .errors import (
    NotAuthorizedError as NotAuthorizedError,
)
from .errors import (
    RemoteServiceError as RemoteServiceError,
)
from .errors import (
    ResolverError as ResolverError,
)
from .errors import (
    TableParseError as TableParseError,
)
from .errors import (
    TimeoutError as TimeoutError,
)
from .errors import (
    UnreachableError as UnreachableError,
)
from .errors import (
    UnsafeNameError as UnsafeNameError,
)
from .version import __version__ as __version__
