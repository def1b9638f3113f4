"""The catalogues of the sample: what the guide prints, and stars that could be."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from tests.archive.conftest import Caller

from topmast.archive import Archive
from topmast.archive.catalogs.cones import distances_deg
from topmast.tables.catalogs import CATALOGS

GUIDE_FIELD = {"ra": 158.47924, "dec": -7.30962}
M10 = {"ra": 254.28746, "dec": -4.09933}
ALL = {"pagesize": 50_000}
HELD = set(CATALOGS) - {"panstarrs_dr1_mean"}
"""The catalogues of the sample."""


@pytest.fixture
def sample(sample_archive: Archive) -> Caller:
    return Caller(sample_archive)


def rows(sample: Caller, service: str, **params: Any) -> list[dict[str, Any]]:
    answer = sample.ask(service, params, **ALL)
    assert answer["status"] == "COMPLETE", answer
    found: list[dict[str, Any]] = answer["data"]
    return found


def printed(found: Sequence[dict[str, Any]], *names: str) -> list[list[str]]:
    """Values as the guide shows them: floats with twelve digits."""
    return [[shown(row[name]) for name in names] for row in found]


def shown(value: Any) -> str:
    if value is None:
        return "--"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


# ---------------------------------------------------------------------------- what the guide prints


def test_galex_sources_of_the_guide(sample: Caller) -> None:
    found = rows(sample, "Mast.Galex.Catalog", **GUIDE_FIELD, radius=0.2, maxrecords=50_000)

    names = ("distance_arcmin", "objID", "survey", "fuv_flux_aper_7", "fuv_artifact")
    assert printed(found[:10], *names) == lines("""
        0.349380250633 6382034098673685038 AIS  0.047751952 0
         0.76154224886 6382034098672634783 AIS           -- 0
        0.924332936617 6382034098672634656 AIS           -- 0
         1.16261573926 6382034098672634662 AIS           -- 0
         1.26708912875 6382034098672634735 AIS           -- 0
          1.4921733955 6382034098674731780 AIS 0.0611195639 0
         1.60512357572 6382034098672634645 AIS           -- 0
         1.70541854139 6382034098672634716 AIS           -- 0
         1.74637211002 6382034098672634619 AIS           -- 0
         1.75244231529 6382034098672634846 AIS           -- 0
    """)


def test_hubble_sources_of_the_guide_reach_the_limit(sample: Caller) -> None:
    found = rows(
        sample, "Mast.Hsc.Db.v3", ra=322.49324, dec=12.16683, radius=0.2, nr=50_000, ni=1, magtype=2
    )

    assert len(found) == 50_000
    names = ("MatchID", "Distance", "MatchRA", "W3_F160W", "W3_F160W_MAD", "W3_F160W_N")
    assert printed(found[:10], *names) == lines("""
        82371983 0.00445549943203 322.493181974 -- -- 0
        82603024   0.006890683763 322.493352058 -- -- 0
        82374767 0.00838818765315  322.49337203 -- -- 0
        82368728  0.0088064912074 322.493272691 -- -- 0
        82371509  0.0104348577531 322.493354352 -- -- 0
        82372543  0.0106808683543 322.493397455 -- -- 0
        82371076  0.0126535758873 322.493089416 -- -- 0
        82367288  0.0130150558411 322.493247548 -- -- 0
        82371086  0.0135993945732 322.493248703 -- -- 0
        82368622  0.0140289292301 322.493101406 -- -- 0
    """)


def test_stars_of_the_guide_in_m_10(sample: Caller) -> None:
    found = rows(sample, "Mast.Catalogs.TIC.Cone", **M10, radius=0.02)

    names = ("ID", "ra", "dec", "duplicate_id", "priority", "dstArcSec")
    assert printed(found[:10], *names) == lines("""
        189844423    254.287989      -4.099644 -- -- 2.21043178558
        189844434 254.286301884 -4.09872352783 -- -- 4.69684511346
        189844449    254.288157      -4.097959 -- -- 5.53390173242
        189844403    254.286864      -4.101237 -- -- 7.19103845641
        189844459 254.286798163  -4.0973143956 -- -- 7.63543964382
        189844400    254.285379      -4.100856 -- -- 9.27452417927
        189844461 254.285647884 -4.09722647575 -- -- 9.98427869106
        189844385 254.289725042 -4.10156744653 -- -- 11.4468393777
        189844419    254.290767      -4.099757 -- -- 11.9738216615
        189844454 254.290349435 -4.09754191392 -- -- 12.2100186781
    """)


def test_gaia_sources_of_the_guide(sample: Caller) -> None:
    found = rows(sample, "Mast.Catalogs.GaiaDR2.Cone", **GUIDE_FIELD, radius=0.1)

    assert len(found) == 111
    assert [(row["designation"], row["distance"]) for row in found[:4]] == [
        ("Gaia DR2 3774902350511581696", 0.6327882551927051),
        ("Gaia DR2 3774901427093274112", 0.8438875783827048),
        ("Gaia DR2 3774902148648277248", 0.9198397322382648),
        ("Gaia DR2 3774902453590798208", 1.3578882400285217),
    ]
    assert {row["solution_id"] for row in found} == {1635721458409799680}


def test_stars_with_impossible_magnitudes(sample: Caller) -> None:
    filters = [
        {"paramName": "Bmag", "values": [{"min": 30, "max": 50}]},
        {"paramName": "objType", "values": ["STAR"]},
    ]

    found = rows(sample, "Mast.Catalogs.Filtered.Tic.Rows", columns="*", filters=filters)

    names = ("ID", "version", "HIP", "TYC", "disposition", "duplicate_id", "priority", "objID")
    assert printed(found, *names) == lines("""
         81609218 20171221 -- -- -- -- -- 217917514
         23868624 20171221 -- -- -- -- -- 296973171
        406300991 20171221 -- -- -- -- -- 400575018
    """)


def test_disks_around_m_10(sample: Caller) -> None:
    state = [{"paramName": "state", "values": ["complete"]}]
    service = "Mast.Catalogs.Filtered.DiskDetective.Position"

    found = rows(sample, service, filters=state, **M10, radius=2)

    talk = "https://talk.diskdetective.org/#/subjects/"
    assert [(row["designation"], row["ZooniverseURL"].removeprefix(talk)) for row in found] == [
        ("J165628.40-054630.8", "AWI0005cka"),
        ("J165748.96-054915.4", "AWI0005ckd"),
        ("J165427.11-022700.4", "AWI0005ck5"),
        ("J165749.79-040315.1", "AWI0005cke"),
        ("J165327.01-042546.2", "AWI0005ck3"),
        ("J165949.90-054300.7", "AWI0005ckk"),
        ("J170314.11-035210.4", "AWI0005ckv"),
    ]


def test_the_detections_of_the_source_nearest_to_m_10(sample: Caller) -> None:
    nearest = rows(sample, "Mast.Hsc.Db.v3", **M10, radius=0.02, nr=50_000, ni=1, magtype=1)[0]
    found = rows(sample, "Mast.HscMatches.Db.v3", input=str(nearest["MatchID"]))

    first = "-1.10059e-005 6.90694e-010 6.90694e-010 1.10059e-005"
    second = "-1.10049e-005 -1.6278e-010 -1.6278e-010 1.10049e-005"
    third = "-1.38889e-005 -1.36001e-009 -1.36001e-009 1.38889e-005"
    assert nearest["MatchID"] == 17554326
    assert [(row["CatID"], row["MatchID"], row["cd_matrix"]) for row in found] == [
        (303940283, 17554326, first),
        (303936256, 17554326, first),
        (303938261, 17554326, first),
        (301986299, 17554326, second),
        (301988274, 17554326, second),
        (301990418, 17554326, second),
        (206511399, 17554326, third),
        (206507082, 17554326, third),
    ]
    assert nearest["NumImages"] == len(found)


def test_spectra_of_the_guide(sample: Caller) -> None:
    found = rows(sample, "Mast.HscSpectra.Db.All")

    names = ("ObjID", "DatasetName", "MatchID", "PropID", "HSCMatch")
    assert printed(found[:10], *names) == lines("""
        20010 HAG_J072655.67+691648.9_J8HPAXAEQ_V01.SPEC1D 19657846 9482 Y
        20011 HAG_J072655.69+691648.9_J8HPAOZMQ_V01.SPEC1D 19657846 9482 Y
        20012 HAG_J072655.76+691729.7_J8HPAOZMQ_V01.SPEC1D 19659745 9482 Y
        20013 HAG_J072655.82+691620.0_J8HPAOZMQ_V01.SPEC1D 19659417 9482 Y
        20014 HAG_J072656.34+691704.7_J8HPAXAEQ_V01.SPEC1D 19660230 9482 Y
        20015 HAG_J072656.36+691704.7_J8HPAOZMQ_V01.SPEC1D 19660230 9482 Y
        20016 HAG_J072656.36+691744.9_J8HPAOZMQ_V01.SPEC1D 19658847 9482 Y
        20017 HAG_J072656.37+691630.2_J8HPAXAEQ_V01.SPEC1D 19660827 9482 Y
        20018 HAG_J072656.39+691630.2_J8HPAOZMQ_V01.SPEC1D 19660827 9482 Y
        20019 HAG_J072656.41+691734.9_J8HPAOZMQ_V01.SPEC1D 19656620 9482 Y
    """)
    assert [row["DatasetName"] for row in found[100:104]] == [
        "HAG_J072704.61+691530.3_J8HPAOZMQ_V01.SPEC1D",
        "HAG_J072704.68+691535.9_J8HPAOZMQ_V01.SPEC1D",
        "HAG_J072704.70+691530.2_J8HPAOZMQ_V01.SPEC1D",
        "HAG_J072704.73+691808.0_J8HPAOZMQ_V01.SPEC1D",
    ]
    assert len({row["DatasetName"] for row in found}) == len(found)


def test_every_spectrum_has_its_file_at_its_address(sample: Caller) -> None:
    found = rows(sample, "Mast.HscSpectra.Db.All")
    assert {row["SpectrumType"] for row in found} == {0, 1, 2}

    for row in found:
        name, slitless = row["DatasetName"], row["SpectrumType"] == 2
        query = (
            f"ecfproxy?file_id={name}.fits"
            if slitless
            else f"getdata.cgi?config=ops&dataset={name}"
        )
        head = sample.send("HEAD", f"/cgi-bin/{query}")
        assert head.status == 200
        assert int(head.headers["content-length"]) > 2880
    content = sample.get("/cgi-bin/" + query).content
    with fits.open(io.BytesIO(content), checksum=True) as file:
        assert file[0].header["TARGNAME"] == row["TargetName"]
        assert np.isfinite(file[1].data["FLUX"]).all()


@pytest.mark.parametrize(
    "path", ["ecfproxy", "ecfproxy?file_id=", "ecfproxy?file_id=../../archive.sqlite", "x.cgi?a=b",
             "getdata.cgi?config=ops&dataset=%00", "ecfproxy?file_id=" + "a" * 5000],
)  # fmt: skip
def test_a_spectrum_that_is_not_there_is_not_found(sample: Caller, path: str) -> None:
    assert sample.get(f"/cgi-bin/{path}").status == 404


# ------------------------------------------------------------------------ other rows people ask for


@pytest.mark.parametrize(
    ("service", "params", "name", "value"),
    [
        ("Mast.Hsc.Db.v2", {"ra": 322.49324, "dec": 12.16683, "radius": 0.001}, "MatchID",
         82361658),
        ("Mast.Catalogs.GaiaDR1.Cone", {"ra": 322.49324, "dec": 12.16683, "radius": 0.1},
         "source_id", 1745948323734098688),
        ("Mast.Catalogs.GaiaDR2.Cone", {"ra": 322.49324, "dec": 12.16683, "radius": 0.01},
         "source_id", 1745947739618544000),
        ("Mast.Catalogs.tic.Cone", {**GUIDE_FIELD, "radius": 0.1}, "ID", 841736289),
        ("Mast.Catalogs.ctl.Cone", {**GUIDE_FIELD, "radius": 0.1}, "TYC", "4918-01335-1"),
        ("Mast.Catalogs.diskdetective.Cone", {"ra": 210.80227, "dec": 54.34895, "radius": 1},
         "designation", "J140544.95+535941.1"),
        ("Mast.Catalogs.diskdetective.Cone", {**M10, "radius": 0.18}, "designation",
         "J165749.79-040315.1"),
        ("Mast.Hsc.Db.v3", {**M10, "radius": 0.001}, "MatchID", 667727),
        ("Mast.Catalogs.Filtered.Tic.Position.Rows", {**M10, "radius": 0.2, "filters":
         [{"paramName": "objType", "values": ["EXTENDED"]}]}, "ID", 10000732589),
    ],
)  # fmt: skip
def test_rows_that_scripts_are_known_to_ask_for(
    sample: Caller, service: str, params: dict[str, Any], name: str, value: Any
) -> None:
    assert value in [row[name] for row in rows(sample, service, **params)]


def test_a_tic_number_has_a_position(sample: Caller) -> None:
    found = sample.get("/Santa-war/query?name=TIC+441662144&outputFormat=json").json
    place = found["resolvedCoordinate"][0]

    near = rows(sample, "Mast.Catalogs.Ctl.Cone", ra=place["ra"], dec=place["decl"], radius=0.001)

    assert near[0]["ID"] == 441662144


# ------------------------------------------------------------------------------ stars that could be


def test_there_are_at_least_200_000_rows_in_all_catalogues(sample_archive: Archive) -> None:
    tables = {name: sample_archive.catalogs.table(name) for name in HELD}

    counts = {name: table.rows if table else 0 for name, table in tables.items()}

    assert min(counts.values()) > 100
    assert sum(counts.values()) >= 200_000


def test_bright_stars_are_few_and_near_ones_move(sample_archive: Archive) -> None:
    table = sample_archive.catalogs.table("gaia_dr3")
    assert table is not None
    names = ("phot_g_mean_mag", "parallax", "pmra", "pmdec", "bp_rp", "teff_val")
    g, plx, pmra, pmdec, colour, teff = (
        table.column(name).to_numpy(zero_copy_only=False) for name in names
    )

    counts = np.histogram(g, np.arange(5, 20, 5))[0]
    near, far = plx > 20, (plx < 2) & (plx > 0.5)
    motion = np.hypot(pmra, pmdec)
    known = np.isfinite(teff) & np.isfinite(colour)
    assert (np.diff(counts) > 0).all()
    assert np.nanmedian(motion[near]) > 10 * np.nanmedian(motion[far])
    assert np.corrcoef(teff[known], colour[known])[0, 1] < -0.5


def test_clusters_are_where_they_should_be(sample_archive: Archive) -> None:
    table = sample_archive.catalogs.table("tic")
    assert table is not None

    for ra, dec in ((254.28746, -4.09933), (322.49324, 12.16683), (6.02363, -72.08128)):
        within = len(table.near(ra, dec, 0.05)[0])
        around = len(table.near(ra, dec, 0.2)[0]) - within
        assert within / 0.05**2 > 3 * around / (0.2**2 - 0.05**2)


def test_nulls_are_where_the_real_ones_are(sample_archive: Archive) -> None:
    table = sample_archive.catalogs.table("tic")
    assert table is not None

    part = {
        name: table.column(name).null_count / table.rows for name in ("HIP", "plx", "Tmag", "KIC")
    }

    assert part["Tmag"] == 0
    assert 0 < part["plx"] < 0.5
    assert part["HIP"] > 0.9
    assert part["KIC"] > 0.9


def test_a_hubble_source_is_the_sum_of_its_detections(sample: Caller) -> None:
    sources = rows(sample, "Mast.Hsc.Db.v3", **M10, radius=0.02)[:40]

    for source in sources:
        found = rows(sample, "Mast.HscMatches.Db.v3", input=source["MatchID"])
        assert len(found) == source["NumImages"]
        red = [row["MagAper2"] for row in found if row["Filter"] == "F814W"]
        assert len(red) == source["A_F814W_N"]
        if red:
            assert source["A_F814W"] == pytest.approx(np.median(red), abs=1e-3)
        away = distances_deg(source["MatchRA"], source["MatchDec"], found[0]["SourceRA"],
                             found[0]["SourceDec"])  # fmt: skip
        assert away * 3600 < 0.1


def test_the_sample_is_the_same_every_time() -> None:
    from topmast.sample.catalogs import catalogs

    first, second = (dict(catalogs()) for _ in range(2))

    assert set(first) == HELD
    assert all(first[name].equals(second[name]) for name in first)


def test_a_spectrum_is_the_same_every_time() -> None:
    from topmast.sample.catalogs.spectra import spectrum_file, spectrum_rows

    row = spectrum_rows()[0]

    assert spectrum_file(row) == spectrum_file(row)
