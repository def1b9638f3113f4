"""Download products: plan, fetch, check that each file is whole, and say what happened.

Tables of products and URIs come in; files and manifests come out. Uses net and login, and knows
nothing of services or archives.
"""

from topmast.download.plan import Plan, plan_download
from topmast.download.progress import Progress
from topmast.download.retry import retry
from topmast.download.run import download_file
from topmast.download.script import download_script
from topmast.download.verify import verify

__all__ = [
    "Plan",
    "Progress",
    "download_file",
    "download_script",
    "plan_download",
    "retry",
    "verify",
]
