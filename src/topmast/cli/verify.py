"""Check what was downloaded: `topmast verify`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from topmast.cli.errors import DONE, FAILED, tell
from topmast.cli.output import Output, counted, output_options
from topmast.cli.settings import command, current, say

if TYPE_CHECKING:
    from astropy.table import Table

GOOD = ("whole", "unknown")


@command(short_help="Check downloaded files, and fetch broken ones again.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--repair", is_flag=True, help="Fetch broken files again.")
@click.option("--current", "ask", is_flag=True, help="Ask whether the archive has newer versions.")
@output_options
def verify(folder: Path, repair: bool, ask: bool, output: Output) -> int:
    """Check the files in FOLDER: against what was written down when they came, and by themselves.

    \b
    topmast verify mastDownload
    topmast verify mastDownload --repair

    A terminal shows the bad files first and does not list whole ones; --all-rows, --output and a
    pipe get all. The exit code is 1 if a file is bad, and stays so. Nothing is asked of an
    archive without --repair or --current.
    """
    from topmast.download import verify as look_at

    session = current().client().session if repair or ask else None
    found = look_at(folder, repair=repair, current=ask, session=session)
    output.write(found, seen=_worth_seeing(found))
    states = Counter(found["State"].tolist())
    bad = any(state not in GOOD for state in states)
    (tell if bad else say)(_summary(states))
    return FAILED if bad else DONE


def _worth_seeing(found: Table) -> Table:
    """Bad files, then those of which nothing is known, then whole ones with a remark."""
    ranks = [GOOD.index(state) if state in GOOD else len(GOOD) for state in found["State"].tolist()]
    remarks = found["Reason"].tolist()
    shown = [row for row, rank in enumerate(ranks) if rank or remarks[row]]
    return found[sorted(shown, key=lambda row: -ranks[row])]


def _summary(states: Counter[str]) -> str:
    """How many are whole, unknown and bad; the bad ones by what is wrong with them."""
    bad = {state: count for state, count in states.items() if state not in GOOD}
    kinds = ", ".join(f"{count} {state}" for state, count in sorted(bad.items()))
    unproven = " (no errors found)" if states["unknown"] else ""
    return (
        f"{counted(states.total(), 'file')}: {states['whole']} whole, "
        f"{states['unknown']} unknown{unproven}, "
        f"{sum(bad.values())} bad{f' ({kinds})' if kinds else ''}."
    )
