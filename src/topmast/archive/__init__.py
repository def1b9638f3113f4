"""A local archive in a folder: ingest data, search them, and serve them as MAST does.

Its packages, each of which imports only from those before it: footprints, store, accounts,
catalogs, portal, server. `topmast.archive.archive.Archive` joins them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
