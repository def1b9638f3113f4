"""A plan in words and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from topmast.download.folder.held import Presence
from topmast.download.job import Job
from topmast.download.tables.products_table import UNKNOWN_DATE

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.download.plan import Plan

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def summary(plan: Plan) -> str:
    """A few lines: files, bytes, what is here, what is exclusive, where from, free disk."""
    pairs = list(zip(plan.jobs, plan.states, strict=True))
    lines = [f"{len(pairs)} files, {readable(plan.bytes)}, for {plan.folder}"]
    for state in Presence:
        jobs = [job for job, its in pairs if its is state]
        if jobs:
            size = readable(sum(job.size or 0 for job in jobs))
            source = f" from {urlsplit(plan.source).netloc}" if state is Presence.ABSENT else ""
            lines.append(f"  {state.value + ':':24} {len(jobs)} files, {size}{source}")
    lines += _about_exclusive([job for job, _ in pairs], plan.about_login)
    lines += _remarks([job for job, _ in pairs])
    wanted, free = plan.bytes_to_fetch, plan.free
    enough = "enough" if wanted <= free else f"NOT ENOUGH, {readable(wanted - free)} are missing"
    return "\n".join([*lines, f"  {'free on the disk:':24} {readable(free)}, {enough}"])


def _about_exclusive(jobs: list[Job], about_login: str) -> list[str]:
    exclusive = [job.exclusive_until for job in jobs if job.exclusive_until]
    if not exclusive:
        return []
    dates = sorted(date for date in exclusive if date != UNKNOWN_DATE)
    known = "" if len(dates) == len(exclusive) else "as far as known "
    until = f", {known}until {dates[-1]}" if dates else ""
    what_to_do = f": {about_login}" if about_login else ""
    return [f"  {'exclusive:':24} {len(exclusive)} files{until}{what_to_do}"]


def _remarks(jobs: list[Job]) -> list[str]:
    lines = []
    unsized = sum(job.size is None for job in jobs)
    if unsized:
        lines.append(f"  {'of unknown size:':24} {unsized} files")
    renamed = sum(bool(job.message) for job in jobs)
    if renamed:
        lines.append(f"  {'renamed:':24} {renamed} files, since others have the same name")
    bad = sum(bool(job.error) for job in jobs)
    if bad:
        lines.append(f"  {'without a usable URI:':24} {bad} files")
    return lines


def plan_table(plan: Plan) -> Table:
    """One row a file. Text is held as objects, so that a long list takes little memory."""
    from astropy.table import Table

    jobs = plan.jobs
    sizes = np.ma.masked_array(
        [job.size or 0 for job in jobs], mask=[job.size is None for job in jobs], dtype=np.int64
    )
    source = urlsplit(plan.source).netloc
    table = Table()
    for name, values in (
        ("Local Path", [job.shown for job in jobs]),
        ("URI", [job.uri for job in jobs]),
        ("Size", sizes),
        ("State", [state.value for state in plan.states]),
        ("Exclusive Until", [job.exclusive_until for job in jobs]),
        ("Source", [source] * len(jobs)),
        ("Message", [job.message or job.error for job in jobs]),
    ):
        table[name] = _objects(values) if isinstance(values, list) else values
    table["Size"].unit = "byte"
    return table


def readable(count: float) -> str:
    """A number of bytes for people: ``3.4 GB``."""
    for unit in UNITS:
        if count < 1000 or unit == UNITS[-1]:
            return (
                f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
            )
        count /= 1000
    raise AssertionError("the last unit takes every number")


def _objects(values: list[Any]) -> np.ndarray[Any, Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
