"""Bring products home: plan, fetch, prove whole, and say what happened."""

from topmast.download.plan import Plan, plan_download
from topmast.download.progress import Progress
from topmast.download.retry import retry
from topmast.download.script import download_script
from topmast.download.single import download_file
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
