"""The archive in a folder on this disk: put in, searched, and served like MAST itself.

Its rooms, each of which imports only from those before it: footprints, store, accounts, catalogs,
portal, server. `topmast.archive.archive.Archive` joins them.
"""

from topmast.archive.archive import Archive
from topmast.archive.ingest import IngestReport
from topmast.archive.store.query import Cone, Query, Rows

__all__ = ["Archive", "Cone", "IngestReport", "Query", "Rows"]
