"""Random calls of the public methods, as text that either package can run; a seed gives the same."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

__all__ = ["random_calls"]

PLACES = (
    (322.49324, 12.16683),
    (270.92194, -24.38017),
    (210.80227, 54.34895),
    (184.3, 54.5),
    (254.287746, -4.099327),
    (124.531756, -68.313),
    (285.67942, 50.24131),
    (0.0, 0.0),
    (359.99, 0.01),
    (83.63, 22.01),
)
NAMES = ("M8", "M101", "M10", "m 31", "Kepler-10", "TIC 307210830", "NGC 6523", "nobody")
COLLECTIONS = (
    "HST",
    "JWST",
    "IUE",
    "GALEX",
    "TESS",
    "Kepler",
    "K2",
    "HLSP",
    "SWIFT",
    "HUT",
    "none",
)
TEXTS: dict[str, tuple[Any, ...]] = {
    "obs_collection": (*COLLECTIONS, "hst", "Hs*", "*e*"),
    "dataproduct_type": ("image", "spectrum", "timeseries", "cube", "IMAGE", "im*"),
    "intentType": ("science", "calibration", "sci*"),
    "filters": ("NUV", "FUV", "*UV", "F606W", "F*W", "KEPLER", "LOW DISP", "f606w"),
    "instrument_name": ("GALEX", "ACS/WFC", "WFC3*", "*IMAGER*", "Photometer", "STIS%"),
    "calib_level": (1, 2, 3, "2", -1),
    "proposal_id": (5371, "5371", "1*", "GO*", "N/A"),
    "proposal_pi": ("Ost*", "*a*", "Osten, Rachel A.", "%Ricker%"),
    "target_name": ("M101", "M*", "TESS FFI", "*8*", "no'body", "a,b", "M_01"),
    "wavelength_region": ("UV", "Optical", "*a*", "optical", "EUV"),
    "project": ("HST", "TESS", "*", "IUE"),
    "dataRights": ("PUBLIC", "EXCLUSIVE_ACCESS", "public"),
    "mtFlag": (True, False, "true"),
    "sequence_number": (1, 8, "3", 99),
    "provenance_name": ("SPOC", "CALACS", "*"),
    "obsid": ("3000007760", 2003839997, "2003839997"),
    "jpegURL": ("*jpg", "http*"),
}
RANGES: dict[str, tuple[float, float]] = {
    "s_ra": (0, 360),
    "s_dec": (-90, 90),
    "t_min": (40000, 60000),
    "t_max": (45000, 60000),
    "t_exptime": (0, 5000),
    "em_min": (0, 2000),
    "em_max": (100, 3000),
    "t_obs_release": (45000, 62000),
}
UNKNOWN = ("filterz", "obs_colection", "nonsense", "s_region_", "ra")
IDS = ("3000007760", "9500243833", "2003839997", "2003839998", "1", "abc", "")
CATALOGS = ("HSC", "hsc", "Galex", "Gaia", "gaia", "TIC", "tic", "CTL", "DiskDetective", "plato")
PRODUCT_TEXTS: dict[str, tuple[Any, ...]] = {
    "productType": ("SCIENCE", "PREVIEW", "!SCIENCE", "science", "AUXILIARY"),
    "productSubGroupDescription": ("RAW", "FLT", "!RAW", "raw", "DRZ"),
    "extension": ("fits", "jpg", "FITS", ".gz", "ts"),
    "calib_level": (1, 2, "3", ">1", "1..2", "!2"),
    "size": ("<50000", ">=1000", "100..90000", "!0", 5, "about", "<=1e4"),
    "dataproduct_type": ("image", "!image", "cube"),
    "obs_id": ("IB3P11P7Q", "!IB3P11P7Q", "none"),
    "project": ("HST", "CALWF3"),
    "nonsense": ("x",),
}
PANSTARRS: dict[str, tuple[float, float]] = {
    "nDetections": (0, 60),
    "nStackDetections": (0, 12),
    "gMeanPSFMag": (12.0, 23.0),
    "iMeanPSFMag": (12.0, 23.0),
    "decMean": (-30.0, 90.0),
}
PANSTARRS_NAMES = ("panstarrs", "Panstarrs", "PANSTARRS")
PANSTARRS_ORDERS = (
    "",
    "",
    "sort_by='objID'",
    "sort_by=['raMean']",
    "sort_by=[('desc', 'decMean')]",
    "sort_by=['nDetections', ('desc', 'objID')]",
)
TIC_RANGES = {"Tmag": (5, 16), "Teff": (2500, 9000), "ra": (0, 360), "Bmag": (5, 20), "d": (0, 900)}
TIC_TEXTS = {"objType": ("STAR", "EXTENDED", "ST*"), "lumclass": ("DWARF", "GIANT"), "ID": (1, "2")}

Maker = Callable[[Random], str]


def random_calls(seed: int, count: int) -> list[str]:
    """So many different calls; a longer list begins with a shorter one."""
    chance = Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        maker = chance.choices(list(MAKERS), list(MAKERS.values()))[0]
        found[maker(chance)] = None
    return list(found)


# ------------------------------------------------------------------------------ parts of calls


def listed(*words: str) -> str:
    return ", ".join(word for word in words if word)


def perhaps(chance: Random, probability: float, word: str) -> str:
    return word if chance.random() < probability else ""


def place(chance: Random) -> str:
    ra, dec = chance.choice(PLACES)
    if chance.random() < 0.25:
        ra, dec = round(chance.uniform(0, 360), 4), round(chance.uniform(-90, 90), 4)
    forms = (
        f"'{ra} {dec}'",
        f"'{ra}d {dec}d'",
        f"SkyCoord({ra}, {dec}, unit='deg')",
        f"SkyCoord({ra}, {dec}, unit='deg').galactic",
        f"SkyCoord({ra}, {dec}, unit='deg').to_string('hmsdms')",
        f"SkyCoord({ra}, {dec}, unit='deg', frame='fk5')",
    )
    return chance.choice(forms)


def radius(chance: Random) -> str:
    size = round(10 ** chance.uniform(-4, 0), 5)
    forms = (
        f"{size}",
        f"'{size} deg'",
        f"'{size}d'",
        f"{round(60 * size, 4)} * u.arcmin",
        f"'{round(60 * size, 4)} arcmin'",
        f"'{round(60 * size, 4)}m'",
        f"'{round(3600 * size, 2)}s'",
        f"{round(3600 * size, 2)} * u.arcsec",
        f"'{size}'",
        "0",
        f"u.Quantity({size}, 'deg')",
    )
    return f"radius={chance.choice(forms)}"


def pages(chance: Random) -> str:
    size = chance.choice((1, 3, 7, 50))
    return chance.choice(("", "", "", f"pagesize={size}", f"pagesize={size}, page=2", "page=1"))


def text_value(chance: Random, values: tuple[Any, ...]) -> str:
    if chance.random() < 0.5:
        return repr(chance.choice(values))
    some = chance.sample(values, min(len(values), chance.choice((1, 2, 3))))
    return chance.choice((repr, lambda few: repr(tuple(few)), lambda few: f"np.array({few!r})"))(
        some
    )


def range_value(chance: Random, bounds: tuple[float, float]) -> str:
    first, second = sorted(round(chance.uniform(*bounds), 3) for _ in range(2))
    forms = (
        f"[{first}, {second}]",
        f"[{first}, {second}]",
        f"[{first}, {second}]",
        f"({int(first)}, {int(second) + 1})",
        f"[{second}, {first}]",
        f"np.array([{first}, {second}])",
        f"{first}",
        f"[{first}]",
        f"[{first}, {second}, {second}]",
    )
    return chance.choice(forms)


def criteria(chance: Random) -> str:
    names = chance.sample(sorted([*TEXTS, *RANGES]), chance.choice((1, 1, 2, 3)))
    words = [
        f"{spelt(chance, name)}={text_value(chance, TEXTS[name])}"
        if name in TEXTS
        else f"{spelt(chance, name)}={range_value(chance, RANGES[name])}"
        for name in names
    ]
    return listed(*words, perhaps(chance, 0.04, f"{chance.choice(UNKNOWN)}='x'"))


def spelt(chance: Random, name: str) -> str:
    return chance.choice((name,) * 8 + (name.lower(), name.upper()))


def where(chance: Random) -> str:
    forms = (
        "",
        "",
        f"coordinates={place(chance)}, {radius(chance)}",
        f"objectname={chance.choice(NAMES)!r}, {radius(chance)}",
        f"objectname={chance.choice(NAMES)!r}",
    )
    return chance.choice(forms)


# -------------------------------------------------------------------------------------- calls


def region(chance: Random) -> str:
    return f"Observations.query_region({listed(place(chance), radius(chance), pages(chance))})"


def named(chance: Random) -> str:
    name = repr(chance.choice(NAMES))
    resolver = perhaps(chance, 0.15, f"resolver={chance.choice(('NED', 'simbad', 'x'))!r}")
    return f"Observations.query_object({listed(name, radius(chance), pages(chance), resolver)})"


def by_criteria(chance: Random) -> str:
    return f"Observations.query_criteria({listed(criteria(chance), where(chance), pages(chance))})"


def counted(chance: Random) -> str:
    forms = (
        f"query_region_count({place(chance)}, {radius(chance)})",
        f"query_object_count({chance.choice(NAMES)!r}, {radius(chance)})",
        f"query_criteria_count({listed(criteria(chance), where(chance))})",
    )
    return f"Observations.{chance.choice(forms)}"


def products_of(chance: Random) -> str:
    ids = [chance.choice(IDS) for _ in range(chance.choice((1, 2, 3)))]
    forms = (repr(ids), repr(ids[0]), repr(",".join(ids)), f"np.array({ids!r})")
    found = f"Observations.query_criteria(obs_collection={chance.choice(COLLECTIONS[:8])!r}, "
    rows = chance.choice(("[0]", "[:3]", "[1:4]", "['obsid'][:2]", "['obsid'][0]"))
    given = chance.choice((*forms, f"{found}pagesize=9, page=1){rows}"))
    method = chance.choice(("get_product_list", "get_product_list", "get_unique_product_list"))
    return f"Observations.{method}({given})"


def filtered_products(chance: Random) -> str:
    names = chance.sample(sorted(PRODUCT_TEXTS), chance.choice((1, 2)))
    words = [f"{name}={product_value(chance, name)}" for name in names]
    mrp = perhaps(chance, 0.2, "mrp_only=True")
    return f"Observations.filter_products({listed('products', *words, mrp)})"


def product_value(chance: Random, name: str) -> str:
    values = PRODUCT_TEXTS[name]
    if chance.random() < 0.6:
        return repr(chance.choice(values))
    return repr(chance.sample(values, min(len(values), 2)))


def service(chance: Random) -> str:
    ra, dec = chance.choice(PLACES)
    size = round(10 ** chance.uniform(-3, -0.3), 4)
    name = chance.choice(("Mast.Caom.Cone", "mast.caom.cone", "Mast.Caom.Filtered.Position"))
    collection = chance.choice(COLLECTIONS)
    columns = chance.choice(("*", "obs_id,t_min", "COUNT_BIG(*)", "obsid, s_ra, distance"))
    wanted = {"paramName": "obs_collection", "values": [collection]}
    params: dict[str, Any] = {"ra": ra, "dec": dec, "radius": size}
    if "Filtered" in name:
        params = {"columns": columns, "filters": [wanted], "position": f"{ra}, {dec}, {size}"}
    return f"Mast.service_request({listed(repr(name), repr(params), pages(chance))})"


def mast_query(chance: Random) -> str:
    columns = chance.choice(("", "columns='obs_id, t_min'", "columns='obsid'"))
    low = chance.choice((0, 45000, 55000))
    ranged = perhaps(chance, 0.5, f"t_min=[{{'min': {low}, 'max': {low + 9000}}}]")
    collection = f"obs_collection={chance.sample(COLLECTIONS, 2)!r}"
    words = listed("'Mast.Caom.Filtered'", columns, collection, ranged, pages(chance))
    return f"Mast.mast_query({words})"


def catalog_region(chance: Random) -> str:
    catalog = chance.choice(CATALOGS)
    version = perhaps(chance, 0.3, f"version={chance.choice((1, 2, 3, 5))}")
    more = ""
    if catalog.lower() == "hsc":
        more = chance.choice(("", "magtype=2", "nr=5", "ni=3", "magtype=1, nr=11"))
    elif catalog == "Galex":
        more = chance.choice(("", "maxrecords=4"))
    words = listed(place(chance), small_radius(chance), f"catalog={catalog!r}", version, more)
    return f"Catalogs.query_region({listed(words, pages(chance))})"


def small_radius(chance: Random) -> str:
    size = round(10 ** chance.uniform(-3, -1), 4)
    return f"radius={chance.choice((f'{size}', f'{60 * size:.3f} * u.arcmin'))}"


def catalog_object(chance: Random) -> str:
    words = listed(
        repr(chance.choice(NAMES)), small_radius(chance), f"catalog={chance.choice(CATALOGS)!r}"
    )
    return f"Catalogs.query_object({listed(words, pages(chance))})"


def catalog_criteria(chance: Random) -> str:
    catalog = chance.choice(("TIC", "tic", "Ctl", "DiskDetective", "HSC"))
    names = chance.sample(sorted([*TIC_TEXTS, *TIC_RANGES]), chance.choice((1, 2)))
    words = [
        f"{spelt(chance, name)}={text_value(chance, TIC_TEXTS[name])}"
        if name in TIC_TEXTS
        else f"{spelt(chance, name)}={range_value(chance, TIC_RANGES[name])}"
        for name in names
    ]
    if catalog == "DiskDetective":
        words = [f"state={text_value(chance, ('complete', 'inactive', 'active', 'dis*'))}"]
    near = perhaps(chance, 0.6, f"coordinates={place(chance)}, {small_radius(chance)}")
    start = f"catalog={catalog!r}"
    return f"Catalogs.query_criteria({listed(start, *words, near, 'pagesize=20, page=1')})"


def panstarrs(chance: Random) -> str:
    name, values = chance.choice(sorted(PANSTARRS.items()))
    condition = f"{spelt(chance, name)}={panstarrs_value(chance, values)}"
    order = chance.choice(PANSTARRS_ORDERS)
    columns = chance.choice(("", "", "columns=['objID', 'raMean', 'nDetections']"))
    size = perhaps(chance, 0.4, f"pagesize={chance.choice((2, 5, 50))}")
    page = perhaps(chance, 0.5, f"page={chance.choice((1, 2))}") if size else ""
    rest = listed(perhaps(chance, 0.7, condition), columns, order, size, page)
    near = listed(small_radius(chance), f"catalog={chance.choice(PANSTARRS_NAMES)!r}", rest)
    forms = (
        f"query_region({listed(place(chance), near)})",
        f"query_object({listed(repr(chance.choice(NAMES)), near)})",
        f"query_criteria(coordinates={listed(place(chance), condition, near)})",
        f"query_criteria({listed('catalog=' + repr('panstarrs'), condition, order)})",
    )
    call = chance.choice(forms)
    return f"Catalogs.{call}"


def panstarrs_value(chance: Random, values: tuple[float, float]) -> str:
    low, high = values
    value = (
        round(chance.uniform(low, high), 2) if isinstance(low, float) else chance.randint(*values)
    )
    operators = [chance.choice(("lt", "lte", "gt", "gte", "min", "max")) for _ in range(2)]
    forms = (
        f"[({operators[0]!r}, {value})]",
        f"[('gte', {low}), ('lt', {value})]",
        f"{value}",
        f"[{value}, {low}]",
        f"[('odd', {value})]",
    )
    return chance.choice(forms)


def resolved(chance: Random) -> str:
    names: Any = chance.choice(NAMES)
    if chance.random() < 0.4:
        names = chance.sample(NAMES, chance.choice((1, 2, 3)))
    resolver = perhaps(chance, 0.3, f"resolver={chance.choice(('NED', 'simbad', 'SIMBAD', 'x'))!r}")
    every = perhaps(chance, 0.3, "resolve_all=True")
    service = chance.choice(("Observations", "Catalogs", "Mast"))
    return f"{service}.resolve_object({listed(repr(names), resolver, every)})"


MAKERS: dict[Maker, int] = {
    region: 16,
    named: 6,
    by_criteria: 28,
    counted: 12,
    products_of: 10,
    filtered_products: 12,
    service: 6,
    mast_query: 4,
    catalog_region: 10,
    catalog_object: 3,
    catalog_criteria: 8,
    panstarrs: 10,
    resolved: 8,
}
"""Each kind of call, with how often it comes."""
