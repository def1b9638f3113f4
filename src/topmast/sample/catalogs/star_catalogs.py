"""Catalogues of one population of stars, each as data/catalogs.csv describes it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pyarrow as pa

from topmast.sample.catalogs.columns import (
    Columns,
    arrow_table,
    draw_columns,
    evaluate,
    names_for,
    with_guide_rows,
)
from topmast.sample.catalogs.data_tables import read_table
from topmast.sample.catalogs.population import chosen, ultraviolet_sources


def star_catalogs(stars: Columns) -> Iterator[tuple[str, pa.Table]]:
    """Each catalogue with its rows, those of the guide last."""
    populations = {"stars": stars, "ultraviolet": ultraviolet_sources(stars)}
    for about in read_table("catalogs").to_pylist():
        name = about["catalog"]
        sources = populations[about["sources"]]
        if about["rows"]:
            names = names_for(name, "rows", len(sources["ra"]))
            sources = chosen(sources, evaluate(about["rows"], {**names, **sources}))
        given = {**about, "star": SimpleNamespace(**sources)}
        # One without columns of its own has those of its sources.
        columns = draw_columns(name, len(sources["ra"]), given) or sources
        populations[name] = columns
        yield name, with_guide_rows(arrow_table(columns), name)
