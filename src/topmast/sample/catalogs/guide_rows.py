"""The rows that the user guide of MAST prints, and a few more that scripts are known to ask for.

Identifiers, and the values that the guide prints, are facts. A position that the guide does not
print was chosen so that the distance comes out to the digits that it prints; the remaining
values of these rows are invented. Printed distances and positions agree with each other
in all tables (of 2017 and 2018), to their last digit.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

# ------------------------------------------------------------------------------------------- Gaia

DR1_SOLUTION = 1635378410781933568
DR2_SOLUTION = 1635721458409799680
GAIA_FIELD_COUNT = 111
"""Sources of DR2 within 0.1 degrees of 158.47924 -7.30962."""


def gaia(source_id: int, ra: float, dec: float, g: float, bp_rp: float, plx: float) -> Row:
    return {
        "solution_id": DR2_SOLUTION,
        "designation": f"Gaia DR2 {source_id}",
        "source_id": source_id,
        "random_index": source_id % 1692919135,
        "ref_epoch": 2015.5,
        "ra": ra,
        "ra_error": 0.31,
        "dec": dec,
        "dec_error": 0.28,
        "parallax": plx,
        "parallax_error": 0.35,
        "parallax_over_error": round(plx / 0.35, 3),
        "pmra": -5.213,
        "pmra_error": 0.62,
        "pmdec": -7.904,
        "pmdec_error": 0.58,
        "matched_observations": 21,
        "astrometric_params_solved": 31,
        "duplicated_source": False,
        "phot_g_mean_mag": g,
        "phot_bp_mean_mag": round(g + 0.55 * bp_rp, 4),
        "phot_rp_mean_mag": round(g - 0.45 * bp_rp, 4),
        "bp_rp": bp_rp,
        "phot_variable_flag": "NOT_AVAILABLE",
    }


GAIA_DR2_ROWS: tuple[Row, ...] = (
    gaia(3774902350511581696, 158.4785908933753, -7.299093199905367, 19.2113, 1.8042, 0.6121),
    gaia(3774901427093274112, 158.49054998105765, -7.318103854655511, 18.0467, 1.2215, 0.8804),
    gaia(3774902148648277248, 158.47017661618375, -7.322038384285233, 17.4302, 2.3411, 3.1147),
    gaia(3774902453590798208, 158.4583318658493, -7.300559031357722, 16.1259, 0.9183, 1.4026),
    gaia(1745947739618544000, 322.4921107, 12.1681153, 15.2014, 1.0551, 0.1132),
)
GAIA_DR1_ROWS: tuple[Row, ...] = (
    {
        "solution_id": DR1_SOLUTION,
        "source_id": 1745948323734098688,
        "ref_epoch": 2015.0,
        "ra": 322.5147381,
        "dec": 12.1914427,
        "phot_g_mean_mag": 16.7713,
        "matched_observations": 19,
        "phot_variable_flag": "NOT_AVAILABLE",
    },
    {
        "solution_id": DR1_SOLUTION,
        "source_id": 4365621058480431616,
        "ref_epoch": 2015.0,
        "ra": 254.2870137,
        "dec": -4.0989415,
        "phot_g_mean_mag": 15.9027,
        "matched_observations": 17,
        "phot_variable_flag": "NOT_AVAILABLE",
    },
)

# ------------------------------------------------------------------------------------------ GALEX


def galex(objid: int, ra: float, dec: float, flux: float | None = None) -> Row:
    return {"objID": objid, "survey": "AIS", "ra": ra, "dec": dec, "fuv_flux_aper_7": flux}


GALEX_ROWS: tuple[Row, ...] = (
    galex(6382034098673685038, 158.47681475286015, -7.31492290828245, 0.047751952),
    galex(6382034098672634783, 158.47647043639193, -7.297228480599891),
    galex(6382034098672634656, 158.49453590331038, -7.312294887588133),
    galex(6382034098672634662, 158.4903888885389, -7.293708513252103),
    galex(6382034098672634735, 158.48424622415854, -7.289093952157809),
    galex(6382034098674731780, 158.47381343386283, -7.285339918799648, 0.0611195639),
    galex(6382034098672634645, 158.50011064848195, -7.292675277779356),
    galex(6382034098672634716, 158.4572869246578, -7.327889833836694),
    galex(6382034098672634619, 158.4998089173084, -7.3303795451410725),
    galex(6382034098672634846, 158.50173220910025, -7.328471565180243),
)

# --------------------------------------------------------------------------- TIC, version 7 and 8

VERSION_7 = "20171221"
VERSION_8 = "20190415"


def near_m10(number: int, ra: float, dec: float, jmag: float) -> Row:
    return {
        "ID": number,
        "version": VERSION_7,
        "objType": "STAR",
        "typeSrc": "2mass",
        "POSflag": "2mass",
        "ra": ra,
        "dec": dec,
        "Jmag": jmag,
        "e_Jmag": 0.062,
        "Hmag": round(jmag - 0.48, 3),
        "e_Hmag": 0.071,
        "Kmag": round(jmag - 0.57, 3),
        "e_Kmag": 0.068,
        "Tmag": round(jmag + 0.79, 3),
        "e_Tmag": 0.123,
        "TESSflag": "jhk",
    }


NEAR_M10: tuple[Row, ...] = (
    near_m10(189844423, 254.287989, -4.099644000000051, 12.204),
    near_m10(189844434, 254.2863018841634, -4.09872352782853, 12.731),
    near_m10(189844449, 254.288157, -4.097958999999981, 13.106),
    near_m10(189844403, 254.286864, -4.101236999999988, 13.317),
    near_m10(189844459, 254.28679816296, -4.097314395598763, 12.915),
    near_m10(189844400, 254.285379, -4.100855999999934, 13.448),
    near_m10(189844461, 254.28564788382002, -4.097226475747379, 12.588),
    near_m10(189844385, 254.28972504184, -4.101567446525142, 12.006),
    near_m10(189844419, 254.290767, -4.099757000000398, 13.724),
    near_m10(189844454, 254.29034943453, -4.097541913918429, 12.867),
)

TIC_ROWS: tuple[Row, ...] = (
    *NEAR_M10,
    # Stars with a B magnitude that cannot be, which the guide finds by it.
    *(
        {
            "ID": number,
            "version": VERSION_7,
            "objType": "STAR",
            "typeSrc": "cooldwarfs",
            "POSflag": "cooldwarfs",
            "ra": ra,
            "dec": dec,
            "Bmag": bmag,
            "Vmag": vmag,
            "Tmag": tmag,
            "e_Tmag": 0.04,
            "TESSflag": "cdwrf",
            "objID": key,
        }
        for number, ra, dec, bmag, vmag, tmag, key in (
            (81609218, 217.7912643, 8.0412957, 30.201, 13.874, 11.026, 217917514),
            (23868624, 148.2571108, 27.6604413, 34.865, 14.902, 11.981, 296973171),
            (406300991, 16.5190252, -10.4327766, 49.609, 14.375, 11.417, 400575018),
        )
    ),
    {
        "ID": 10000732589,
        "version": VERSION_7,
        "objType": "EXTENDED",
        "POSflag": "2MASSEXT",
        "TWOMASS": "16573094-0405387",
        "ra": 254.378937,
        "dec": -4.09411,
        "Jmag": 14.55,
        "Hmag": 13.767,
        "Kmag": 13.659,
        "Tmag": 16.328,
        "e_Tmag": 0.17,
        "TESSflag": "tor_jhk",
        "TWOMflag": "   -   -   -  0-0- ",
        "prox": 320.9,
        "objID": 353285958,
    },
    {
        "ID": 841736289,
        "version": VERSION_8,
        "objType": "STAR",
        "typeSrc": "gaia2",
        "POSflag": "gaia2",
        "GAIA": "3774902350511581696",
        "ra": 158.475234,
        "dec": -7.3102331,
        "RA_orig": 158.475246786483,
        "Dec_orig": -7.3102296,
        "GAIAmag": 19.2113,
        "Tmag": 18.3316,
        "e_Tmag": 0.0166,
        "TESSflag": "gbprp",
        "gaiaqflag": 1,
        "raddflag": -1,
        "wdflag": 0,
    },
)

CTL_ROWS: tuple[Row, ...] = tuple(
    {
        "ID": number,
        "version": VERSION_8,
        "TYC": tycho,
        "objType": "STAR",
        "typeSrc": "tmgaia2",
        "ra": ra,
        "dec": dec,
        "POSflag": source,
        "Tmag": tmag,
        "e_Tmag": 0.018,
        "TESSflag": "rered",
        "Teff": 5520.0,
        "rad": 0.96,
        "mass": 0.97,
        "logg": 4.46,
        "lumclass": "DWARF",
        "priority": 0.00102,
    }
    for number, tycho, ra, dec, source, tmag in (
        (56662064, "4918-01335-1", 158.4320417, -7.2871094, "tmgaia2", 9.8816),
        (441662144, "8400-00927-1", 296.5113302, -49.1184523, "tmgaia2", 9.2173),
        (291067184, "9441-01187-1", 128.0661745, -79.4920883, "2mass", 10.893),
    )
)

# ----------------------------------------------------------------------------------- Disk Detective


def disk(designation: str, zooniverse: str, state: str = "complete", **votes: int) -> Row:
    return {"designation": designation, "ZooniverseID": zooniverse, "state": state, **votes}


DISK_ROWS: tuple[Row, ...] = (
    disk("J165628.40-054630.8", "AWI0005cka"),
    disk("J165748.96-054915.4", "AWI0005ckd"),
    disk("J165427.11-022700.4", "AWI0005ck5"),
    disk("J165749.79-040315.1", "AWI0005cke"),
    disk("J165327.01-042546.2", "AWI0005ck3"),
    disk("J165949.90-054300.7", "AWI0005ckk"),
    disk("J170314.11-035210.4", "AWI0005ckv"),
    disk("J140544.95+535941.1", "AWI0000r57", "inactive", oval=2, multi=1),
    disk("J003920.04-300132.4", "AWI00019zq", "disabled", oval=9, multi=4),
)
"""The first seven are the complete ones within 2 degrees of M 10, in this order."""

# --------------------------------------------------------------------------- Hubble Source Catalog

HUBBLE_M15: tuple[tuple[int, float, float], ...] = (
    (82371983, 322.49318197399907, 12.16687792539043),
    (82603024, 322.49335205799997, 12.166795502346076),
    (82374767, 322.49337203000016, 12.166776266358692),
    (82368728, 322.4932726909998, 12.166973253717863),
    (82371509, 322.493354352, 12.166696768472086),
    (82372543, 322.493397455, 12.166919433386154),
    (82371076, 322.493089416, 12.16698102162711),
    (82367288, 322.493247548, 12.166613207928272),
    (82371086, 322.493248703, 12.166603503144191),
    (82368622, 322.493101406, 12.167020563946767),
)
"""The sources nearest to 322.49324 12.16683: MatchID, right ascension and declination."""

HUBBLE_M15_V2: tuple[tuple[int, float, float], ...] = ((82361658, 322.49329137, 12.16675842),)
"""One of the second version of the catalogue."""

HUBBLE_M10: tuple[tuple[int, float, float], ...] = (
    (17554326, 254.28758113, -4.09927641),
    (667727, 254.28737902, -4.09981276),
)
"""The sources nearest to M 10."""

M10_DETECTIONS = (303940283, 303936256, 303938261, 301986299, 301988274, 301990418, 206511399,
                  206507082)  # fmt: skip
"""CatID of the detections of 17554326, image by image."""
