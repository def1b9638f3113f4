"""Download products: plan, fetch, check that each file is whole, and say what happened.

Tables of products and URIs come in; files and manifests come out. Uses net and login, and knows
nothing of services or archives.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
