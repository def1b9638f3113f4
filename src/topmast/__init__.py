"""NASA's MAST archive in Python: find, download and archive space telescope data.

::

    from topmast import Observations

    table = Observations.query_object("M8", radius="0.02 deg")
    products = Observations.get_product_list(table[:2])
    manifest = Observations.download_products(products)

`connect` makes a client of another server or of a folder on this disk.
"""

import lazy_loader

from topmast.version import __version__ as __version__

# What there is, and where, stands in __init__.pyi; each name is loaded when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
