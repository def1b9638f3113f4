"""Random calls of MastMissions, as text that either package can run; a seed gives the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from .random_calls import listed, perhaps

PLACES = (
    (210.80227, 54.34895),
    (322.49324, 12.16683),
    (270.92194, -24.38017),
    (41.5834, -30.2775),
    (268.49, -29.2),
    (9.95, -43.95),
    (0.0, 0.0),
    (83.63, 22.01),
)
NAMES = ("M101", "M8", "m 101", "M 31", "nobody at all")
RADII = ("2", "0.5", "10", "30", "'5 arcmin'", "'90 arcsec'", "0.1 * u.deg", "12 * u.arcmin", "31")

Criteria = Mapping[str, tuple[Any, ...]]
CRITERIA: Mapping[str, Criteria] = {
    "hst": {
        "sci_instrume": ("ACS", "acs,wfc3", ["ACS", "STIS"], "!ACS", "WF*", ["!WFPC2", "!ACS"]),
        "sci_targname": ("M101", "ngc*", "*1*", "NGC1097,M101", "", "none such"),
        "sci_spec_1234": ("F814W", "F*W", "!F814W", "F606W*"),
        "sci_actual_duration": (">1000", "<=550", "100..700", 1100, "!550", "long"),
        "sci_start_time": (">2005-01-01", "2000-01-01..2003-01-01", "<1996-01-01", "soon"),
        "sci_pep_id": (14550, "9000", [14550, 9000], "<10000", "!14550"),
        "sci_pi_last_name": ("MOANA", "moana", "*A"),
        "sci_aec": ("S", "C", "!S"),
        "sci_target_descrip": ("spiral", "GAL"),
        "sci_hapnum": (0, 1, "1", True),
        "sci_central_wavelength": (">8000", "2000..5000"),
        "sci_instrum": ("ACS",),
        "SCI_INSTRUME": ("ACS",),
    },
    "jwst": {
        "instrume": ("NIRCAM", "nirspec,miri", "!NIRCAM", "NIR*"),
        "exp_type": ("NRC_IMAGE", "*_IMAGE", ["NRS_FIXEDSLIT", "MIR_IMAGE"]),
        "program": (1410, "1000..1500", "!1410", ">2000"),
        "productLevel": ("3", "1b*"),
        "access": ("PUBLIC", "EXCLUSIVE_ACCESS"),
        "duration": (">500", "<=277.504", "soon"),
        "date_obs": (">2022-08-01", "2022-08-01..2022-12-31"),
        "pi_name": ("Moana", "!Moana"),
        "targtype": ("FIXED", "MOVING"),
        "filesetname": ("jw*",),
    },
    "roman": {
        "optical_element": ("F129", "f1*", ["F106", "F158"], "!F129"),
        "program": (1, "2..3", "!1"),
        "visit": (1, "<3", "2,4"),
        "segment": (1, ">1"),
        "exposure_time": ("<100", ">=300.1"),
        "visit_start_time": (">2027-03-01", "2027-02-01..2027-02-28"),
        "program_subcategory": ("*Bulge*", "High*"),
        "investigator_name": ("tan", "Lind"),
        "access": ("PUBLIC", "!PUBLIC"),
        "detektor": ("WFI01",),
    },
}
SORT_KEYS = {
    "hst": ("sci_targname", "sci_start_time", "sci_actual_duration", "sci_pep_id", "scy_ra"),
    "jwst": ("targprop", "date_obs", "duration", "program", "fileSetName"),
    "roman": ("optical_element", "visit", "exposure_time", "fileSetName"),
}
PRODUCT_FILTERS = (
    "extension='fits'", "extension=['jpg', 'asdf']", "type='science'", "category='CALIBRATED'",
    "file_suffix=['RAW', 'FLT']", "file_suffix='!RAW'", "size='<10000'",
    "size=['1000..9000', '>20000']", "size='about'", "nonsense='x'", "category=['!AUX']",
)  # fmt: skip


def mission_calls(seed: int, count: int) -> list[str]:
    """So many different calls; a longer list begins with a shorter one."""
    chance = Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        maker = chance.choices(list(MAKERS), list(MAKERS.values()))[0]
        found[maker(chance)] = None
    return list(found)


def about(mission: str) -> str:
    return "MastMissions" if mission == "hst" else f"MastMissions(mission='{mission}')"


def a_mission(chance: Random) -> str:
    return chance.choices(list(CRITERIA), [4, 3, 3])[0]


def place(chance: Random) -> str:
    ra, dec = chance.choice(PLACES)
    forms = (
        f"'{ra} {dec}'",
        f"'{ra}d {dec}d'",
        f"SkyCoord({ra}, {dec}, unit='deg')",
        f"SkyCoord({ra}, {dec}, unit='deg').galactic",
        f"SkyCoord({ra}, {dec}, unit='deg', frame='fk5')",
    )
    return chance.choice(forms)


def criteria(chance: Random, mission: str, most: int = 3) -> str:
    known = CRITERIA[mission]
    names = chance.sample(list(known), chance.randint(0, most))
    return listed(*(f"{name}={chance.choice(known[name])!r}" for name in names))


def options(chance: Random, mission: str) -> str:
    keys = chance.sample(SORT_KEYS[mission], 2)
    columns = [*chance.sample(list(CRITERIA[mission])[:-2], 3)]
    return listed(
        perhaps(chance, 0.3, f"limit={chance.choice((1, 3, 10, 50))}"),
        perhaps(chance, 0.2, f"offset={chance.choice((1, 5, 40, 10000))}"),
        perhaps(chance, 0.3, f"select_cols={columns!r}"),
        chance.choice(
            (
                "",
                "",
                f"sort_by={keys[0]!r}",
                f"sort_by={keys!r}, sort_desc=[True, False]",
                f"sort_by={keys[:1]!r}, sort_desc=True",
            )
        ),
    )


def region(chance: Random) -> str:
    mission = a_mission(chance)
    radius = perhaps(chance, 0.7, f"radius={chance.choice(RADII)}")
    words = listed(place(chance), radius, criteria(chance, mission, 1), options(chance, mission))
    return f"{about(mission)}.query_region({words})"


def named(chance: Random) -> str:
    mission = a_mission(chance)
    radius = perhaps(chance, 0.7, f"radius={chance.choice(RADII)}")
    resolver = perhaps(chance, 0.2, f"resolver={chance.choice(('NED', 'SIMBAD', 'none'))!r}")
    name = chance.choice(NAMES)
    # Of two mistakes in one call each package may find another first.
    rest = "" if name == NAMES[-1] else listed(resolver, options(chance, mission))
    words = listed(repr(name), "" if name == NAMES[-1] else radius, rest)
    return f"{about(mission)}.query_object({words})"


def by_criteria(chance: Random) -> str:
    mission = a_mission(chance)
    where = chance.choices(
        ("", f"coordinates={place(chance)}", f"objectname={chance.choice(NAMES)!r}"), (6, 2, 1)
    )[0]
    if NAMES[-1] in where:
        return f"{about(mission)}.query_criteria({where}, {PLAIN[mission]})"
    words = listed(where, criteria(chance, mission), options(chance, mission))
    return f"{about(mission)}.query_criteria({words})"


def product_list(chance: Random) -> str:
    mission = a_mission(chance)
    key = {"hst": "sci_data_set_name"}.get(mission, "fileSetName")
    start, stop = sorted(chance.sample(range(30), 2))
    rows = f"{about(mission)}.query_criteria({PLAIN[mission]})[{start}:{stop}]"
    source = chance.choice(
        (rows, f"{rows}['{key}']", f"{rows}['{key}'].tolist()", f"{rows}[0]", "''", "['', ' ']",
         "'no such dataset'")
    )  # fmt: skip
    unique = chance.choice(("get_product_list", "get_unique_product_list"))
    return f"{about(mission)}.{unique}({source})"


PLAIN = {"hst": "sci_aec='S'", "jwst": "program='>0'", "roman": "program='>0'"}


def filtered(chance: Random) -> str:
    mission = a_mission(chance)
    rows = f"{about(mission)}.query_criteria({PLAIN[mission]}, limit=20)"
    chosen = {each.partition("=")[0]: each for each in chance.sample(PRODUCT_FILTERS, 2)}
    words = ", ".join(list(chosen.values())[: chance.randint(1, 2)])
    return f"MastMissions.filter_products({about(mission)}.get_product_list({rows}), {words})"


def columns(chance: Random) -> str:
    mission = chance.choice(("hst", "jwst", "roman"))
    return f"{about(mission)}.{chance.choice(('get_column_list', 'get_dataset_kwd'))}()"


MAKERS: Mapping[Callable[[Random], str], int] = {
    region: 26, named: 12, by_criteria: 40, product_list: 12, filtered: 12, columns: 3
}  # fmt: skip
