"""What goes into an archive is checked, and goes in whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tests.archive.conftest import FILES, OBSERVATIONS, PRODUCTS, Caller, fill, put_files
from topmast.archive import Archive
from topmast.errors import InvalidQueryError


def rows_of(archive: Archive, columns: str = "*") -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = Caller(archive).ask(
        "Mast.Caom.Filtered", {"columns": columns, "filters": []}
    )["data"]
    return data


def near(archive: Archive, ra: float, dec: float, radius: float = 0.01) -> list[str]:
    return Caller(archive).column(
        "obs_id", "Mast.Caom.Cone", {"ra": ra, "dec": dec, "radius": radius}
    )


def test_the_report_counts_and_lists_what_is_missing(empty: Archive, tmp_path: Path) -> None:
    said = []
    report = empty.ingest(
        OBSERVATIONS,
        PRODUCTS,
        files=put_files(tmp_path / "files"),
        progress=lambda what, count: said.append((what, count)),
    )
    assert (report.observations, report.products, report.files) == (6, 7, 5)
    assert report.bytes == sum(map(len, FILES.values()))
    assert report.missing == ["mast:GALEX/url/missing.fits"]
    assert ("observations", 6) in said
    assert ("products", 7) in said
    assert ("files", 5) in said


def test_the_same_again_changes_nothing(empty: Archive, tmp_path: Path) -> None:
    fill(empty, tmp_path / "files")
    before = rows_of(empty)
    files = sorted(empty.store.layout.products.rglob("*"))
    fill(empty, tmp_path / "files")
    assert rows_of(empty) == before
    assert sorted(empty.store.layout.products.rglob("*")) == files
    assert len(Caller(empty).ask("Mast.Caom.Products", {"obsid": "20,900,903"})["data"]) == 7


def test_a_row_is_brought_up_to_date_and_keeps_its_place(empty: Archive) -> None:
    empty.ingest(OBSERVATIONS)
    empty.ingest([{"objID": 11, "target_name": "NEW", "s_region": "CIRCLE ICRS 5 5 0.1"}])
    rows = rows_of(empty)
    assert [row["objID"] for row in rows] == [10, 11, 12, 13, 14, 15]
    assert rows[1]["target_name"] == "NEW"
    assert rows[1]["obs_id"] == "obs1"
    assert near(empty, 5, 5) == ["obs1"]
    assert "obs1" not in near(empty, 210.8, 54.35)


def test_missing_keys_are_made(empty: Archive) -> None:
    empty.ingest([{"obs_id": "a"}, {"obs_id": "b"}])
    empty.ingest([{"obs_id": "c", "objID": 7}, {"obs_id": "d", "objID": None}])
    rows = rows_of(empty)
    assert [row["objID"] for row in rows] == [1, 2, 7, 8]
    assert [row["obsid"] for row in rows] == [1, 2, 7, 8]


def test_without_a_footprint_the_position_is_found(empty: Archive) -> None:
    rows = [
        {"obs_id": "place", "s_ra": 10.0, "s_dec": 20.0, "s_region": None},
        {"obs_id": "broken", "s_ra": 10.0, "s_dec": 20.0, "s_region": "BLOB ICRS 1 2"},
        {"obs_id": "nowhere", "s_ra": None, "s_dec": None, "s_region": None},
    ]
    report = empty.ingest(rows)
    assert report.regions == [(2, "BLOB ICRS 1 2")]
    assert near(empty, 10, 20) == ["place", "broken"]
    assert len(rows_of(empty)) == 3


def test_values_of_other_types_are_converted(empty: Archive) -> None:
    table = Table(
        {
            "OBS_ID": np.array([b"a", b"b"]),
            "calib_level": np.array([2.0, 3.0]),
            "t_exptime": ["10", ""],
            "mtFlag": ["True", "0"],
            "proposal_id": MaskedColumn([8880, 1], mask=[False, True]),
            "s_ra": np.array([1, 2], ">i4"),
            "objID": ["10", "11"],
            "distance": [1.0, 2.0],
            "_selected_": [False, False],
        }
    )
    empty.ingest(table)
    names = "obs_id,calib_level,t_exptime,mtFlag,proposal_id,s_ra,objID"
    assert [tuple(row.values()) for row in rows_of(empty, names)] == [
        ("a", 2, 10.0, True, "8880", 1.0, 10),
        ("b", 3, None, False, None, 2.0, 11),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"calib_level": 1}, {"calib_level": "two"}], "Row 2, column calib_level: 'two'"),
        ([{"calib_level": 1.5}], "Row 1, column calib_level: '1.5' is not a whole number"),
        ([{"s_ra": float("inf")}], "column s_ra: 'inf' is not a finite number"),
        ([{"s_ra": "x"}], "Row 1, column s_ra: 'x' is not a float"),
        ([{"mtFlag": "maybe"}], "column mtFlag: 'maybe' is not a boolean"),
        ([{"objID": 2**70}], "column objID"),
        ([{"obs_idd": "a"}], "no column 'obs_idd'. Did you mean 'obs_id'"),
        ([{"obs_id": "a", "OBS_ID": "b"}], "obs_id is there twice"),
        ([{"obs_id": [1, 2]}], "one value a row"),
        ("nowhere.csv", "There is no table nowhere.csv"),
        (42, "A table or the path of one is needed, not int"),
    ],
)
def test_what_does_not_fit_is_refused_whole(empty: Archive, rows: Any, said: str) -> None:
    with pytest.raises(InvalidQueryError) as caught:
        empty.ingest(rows)
    assert said in str(caught.value)
    assert rows_of(empty) == []


def test_unknown_columns_are_passed_over_on_request(empty: Archive) -> None:
    empty.ingest([{"obs_id": "a", "colour": "red"}], ignore_unknown=True)
    assert rows_of(empty, "obs_id") == [{"obs_id": "a"}]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"obsID": 1}], "Row 1 of the products has no dataURI"),
        ([{"dataURI": "mast:a/b"}], "Row 1 of the products has no obsID"),
    ],
)
def test_a_product_needs_a_uri_and_an_observation(empty: Archive, rows: Any, said: str) -> None:
    with pytest.raises(InvalidQueryError, match=said):
        empty.ingest(products=rows)


@pytest.mark.parametrize("kind", ["csv", "ecsv", "parquet", "vot", "fits"])
def test_tables_are_read_from_files(empty: Archive, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"table.{kind}"
    table = Table(
        {
            "obs_id": ["0042", "b"],
            "objID": [5, 6],
            "s_ra": MaskedColumn([1.5, 2.5], mask=[False, kind != "fits"]),
        }
    )
    if kind == "parquet":
        import pyarrow
        import pyarrow.parquet

        columns = {"obs_id": ["0042", "b"], "objID": [5, 6], "s_ra": [1.5, None]}
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
    else:
        formats = {"csv": "ascii.csv", "ecsv": "ascii.ecsv", "vot": "votable", "fits": "fits"}
        table.write(path, format=formats[kind])
    assert empty.ingest(path).observations == 2
    rows = rows_of(empty, "obs_id,objID,s_ra")
    assert [row["obs_id"] for row in rows] == ["0042", "b"]
    assert rows[1]["s_ra"] == (2.5 if kind == "fits" else None)


def test_a_broken_table_file_is_named(empty: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("obs_id,s_ra\nx\n")
    with pytest.raises(InvalidQueryError, match=r"a\.csv, line 2: 1 values for 2 columns"):
        empty.ingest(tmp_path / "a.csv")
    for name in ("b.parquet", "c.vot", "d.ecsv"):
        (tmp_path / name).write_text("nonsense")
        with pytest.raises(InvalidQueryError, match="cannot be read"):
            empty.ingest(tmp_path / name)


def test_two_products_of_one_name_keep_both_files(empty: Archive, tmp_path: Path) -> None:
    source = tmp_path / "files"
    for folder, content in (("HST/product/big", b"large"), ("HST/product/small", b"tiny")):
        (source / folder).mkdir(parents=True)
        (source / folder / "x.gif").write_bytes(content)
    uris = ["mast:HST/product/big/x.gif", "mast:HST/product/small/x.gif"]
    rows = [{"obsID": 1, "obs_collection": "IUE", "obs_id": "l1", "dataURI": uri} for uri in uris]
    empty.ingest(products=rows, files=source)
    caller = Caller(empty)
    found = [caller.get(f"/api/v0.1/Download/file?uri={uri}").content for uri in uris]
    assert found == [b"large", b"tiny"]


def test_one_file_is_not_taken_for_two_products(empty: Archive, tmp_path: Path) -> None:
    (tmp_path / "x.gif").write_bytes(b"one")
    rows = [{"obsID": 1, "dataURI": f"mast:HST/{n}/x.gif", "size": size} for n, size in
            ((1, 3), (2, 9), (3, 3))]  # fmt: skip
    report = empty.ingest(products=rows, files=tmp_path)
    assert report.missing == ["mast:HST/2/x.gif"]


def test_new_content_takes_the_place_of_old(empty: Archive, tmp_path: Path) -> None:
    rows = [{"obsID": 1, "dataURI": "mast:HST/x.fits"}]
    tags = []
    for content in (b"first", b"second version"):
        (tmp_path / "x.fits").write_bytes(content)
        empty.ingest(products=rows, files=tmp_path)
        reply = Caller(empty).get("/api/v0.1/Download/file?uri=mast:HST/x.fits")
        assert reply.content == content
        tags.append(reply.headers["etag"])
    assert tags[0] != tags[1]
    assert len(list(empty.store.layout.products.rglob("x*.fits"))) == 1
    assert Caller(empty).column("size", "Mast.Caom.Products", {"obsid": 1}) == [14]


@pytest.mark.parametrize(
    "name", ["../../../outside.txt", "/etc/hostname", "..", "a/../../b", "con.txt", "x" * 300]
)
def test_no_name_leads_out_of_the_folder(empty: Archive, tmp_path: Path, name: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "f.txt").write_bytes(b"content")
    (tmp_path / "outside.txt").write_bytes(b"outside")
    row = {"obsID": 1, "obs_collection": name, "obs_id": name, "productFilename": name,
           "dataURI": "mast:X/f.txt"}  # fmt: skip
    empty.ingest(products=[row, {**row, "productFilename": "f.txt", "dataURI": "mast:X/g.txt"}],
                 files=source)  # fmt: skip
    inside = [path for path in empty.store.layout.products.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in inside] == [b"content"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "outside.txt", "source"]
    assert (tmp_path / "outside.txt").read_bytes() == b"outside"


def test_a_failure_leaves_no_file_behind(empty: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.fits").write_bytes(b"a")
    with pytest.raises(InvalidQueryError):
        empty.ingest(
            products=[{"obsID": 1, "dataURI": "mast:X/a.fits"}],
            files=tmp_path,
            names=[{"name": "x", "ra": None, "dec": 1.0}],
        )
    assert [path for path in empty.store.layout.products.rglob("*") if path.is_file()] == []
    assert Caller(empty).get("/api/v0.1/Download/file?uri=mast:X/a.fits").status == 404


VICTIM = """
import sys
from topmast.archive import Archive
archive = Archive(sys.argv[1])
row = [{"obs_id": "first", "objID": 1, "s_ra": 5.0, "s_dec": 5.0}]
archive.ingest(row)
step = sys.argv[2]
from topmast.archive.store import coverage
from topmast.archive import ingest
from topmast.archive.store import product_files as shelf
import os, signal
def die(*args, **rest):
    os.kill(os.getpid(), signal.SIGKILL)
places = {
    "files": (shelf.os, "replace"),
    "transaction": (ingest, "_put_names"),
    "indexes": (ingest, "_make_searchable"),
    "footprints": (coverage, "add_footprints"),
}
setattr(*places[step], die)
archive.ingest(
    [{"obs_id": "second", "objID": 2, "s_ra": 6.0, "s_dec": 6.0}],
    [{"obsID": 2, "dataURI": "mast:X/a.fits"}],
    files=sys.argv[3],
)
"""


@pytest.mark.parametrize(
    ("step", "committed"),
    [("files", False), ("transaction", False), ("indexes", True), ("footprints", True)],
)
def test_a_killed_ingest_leaves_a_whole_archive(tmp_path: Path, step: str, committed: bool) -> None:
    Archive.create(tmp_path / "archive").close()
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.fits").write_bytes(b"abc")
    done = subprocess.run(
        [sys.executable, "-c", VICTIM, str(tmp_path / "archive"), step, str(source)],
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL
    with Archive(tmp_path / "archive") as archive:
        assert near(archive, 5, 5) == ["first"]
        assert near(archive, 6, 6) == (["second"] if committed else [])
        reply = Caller(archive).get("/api/v0.1/Download/file?uri=mast:X/a.fits")
        assert reply.status == (200 if committed else 404)
        archive.ingest(
            [{"obs_id": "second", "objID": 2}],
            [{"obsID": 2, "dataURI": "mast:X/a.fits"}],
            files=source,
        )
        assert Caller(archive).get("/api/v0.1/Download/file?uri=mast:X/a.fits").content == b"abc"


def test_another_process_sees_what_was_put_in(empty: Archive) -> None:
    with Archive(empty.folder) as other:
        assert near(other, 6, 6) == []
        empty.ingest([{"obs_id": "new", "s_ra": 6.0, "s_dec": 6.0}])
        assert near(other, 6, 6) == ["new"]
        assert len(rows_of(other)) == 1


@pytest.mark.parametrize("damage", ["remove", "older"])
def test_a_missing_or_older_footprint_index_is_made_up_for(
    empty: Archive, tmp_path: Path, damage: str
) -> None:
    import shutil

    empty.ingest([{"obs_id": "one", "s_ra": 1.0, "s_dec": 1.0}])
    older = tmp_path / "older"
    shutil.copytree(empty.store.layout.footprints, older)
    empty.ingest([{"obs_id": "two", "s_ra": 2.0, "s_dec": 2.0}])
    shutil.rmtree(empty.store.layout.footprints)
    if damage == "older":
        shutil.copytree(older, empty.store.layout.footprints)
    with Archive(empty.folder) as repaired:
        assert near(repaired, 1, 1) == ["one"]
        assert near(repaired, 2, 2) == ["two"]


def test_a_folder_that_cannot_be_written_is_searched_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest([{"obs_id": "one", "s_ra": 1.0, "s_dec": 1.0}])
    shutil.rmtree(tmp_path / "archive" / "footprints")
    monkeypatch.setattr("topmast.archive.store.database._writable", lambda path: False)
    monkeypatch.setattr("topmast.archive.store.coverage.WRITER_NEEDS_SECONDS", 0.0)
    before = sorted(path.name for path in (tmp_path / "archive").iterdir())
    with Archive(tmp_path / "archive") as archive:
        assert archive.store.read_only
        assert near(archive, 1, 1) == ["one"]
    assert {"archive.sqlite", "products"} <= set(before)
    assert not (tmp_path / "archive" / "footprints").exists()


def test_rows_that_only_the_database_knows_are_found(
    empty: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topmast.archive.ingest._make_searchable", lambda store: None)
    empty.ingest([{"obs_id": "one", "objID": 1, "s_ra": 1.0, "s_dec": 1.0}])
    assert near(empty, 1, 1) == ["one"]
    empty.ingest([{"obs_id": "two", "objID": 2, "s_ra": 1.0, "s_dec": 1.0}])
    assert near(empty, 1, 1) == ["one", "two"]


def test_counts_of_values_keep_up_with_every_change(empty: Archive) -> None:
    from topmast.archive.store.value_counts import counts_of

    empty.ingest(OBSERVATIONS)
    assert counts_of(empty.store)["obs_collection"] == {"HST": 2, "GALEX": 2, "JWST": 2}
    empty.ingest([{"objID": 10, "obs_collection": "HLA"}])
    empty.ingest([{"objID": 11, "filters": None}])
    empty.ingest([{"objID": 9, "obs_collection": "HLA"}, {"objID": 9, "obs_collection": "IUE"}])
    counts = counts_of(empty.store)
    assert counts["obs_collection"] == {"HST": 1, "GALEX": 2, "JWST": 2, "HLA": 1, "IUE": 1}
    assert counts["filters"] == {
        "": 2,
        "F606W": 1,
        "F814W": 1,
        "NUV": 1,
        "FUV": 1,
        "CLEAR": 1,
        "f606w": 1,
    }
    assert sum(counts["calib_level"].values()) == 7


def test_files_may_follow_their_products(empty: Archive, tmp_path: Path) -> None:
    rows = [
        {"obsID": parent, "obs_id": "o", "dataURI": "mast:X/late.fits", "size": 1}
        for parent in (1, 2)
    ]
    assert empty.ingest(products=rows).missing_count == 1
    (tmp_path / "late.fits").write_bytes(b"at last")
    report = empty.ingest(files=tmp_path)
    assert (report.files, report.missing_count) == (1, 0)
    caller = Caller(empty)
    assert caller.get("/api/v0.1/Download/file?uri=mast:X/late.fits").content == b"at last"
    assert caller.column("size", "Mast.Caom.Products", {"obsid": "1,2"}) == [7, 7]


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/real.txt").write_text("good")
    (tmp_path / "files/link.txt").symlink_to("real.txt")
    (tmp_path / "other name").symlink_to(tmp_path / "files")
    row = {"obsID": 1, "dataURI": "mast:X/link.txt", "productFilename": "link.txt"}
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest(products=[row], files=tmp_path / "other name")
        reply = Caller(archive).get("/api/v0.1/Download/file?uri=mast:X/link.txt")
    assert reply.content == b"good"
