"""Colours of stars by their temperature, and magnitudes in one system from those in another.

The table is rounded from the mean sequence of Pecaut and Mamajek (2013, ApJS 208, 9); the relations
between the Gaia, TESS and Sloan bands are those published with Gaia EDR3 and the TESS Input
Catalog (Stassun et al. 2019, AJ 158, 138).
"""

from __future__ import annotations

import numpy as np

from topmast.sample.catalogs.arrays import Array

TEFF = (2600, 3000, 3400, 3800, 4200, 4600, 5000, 5400, 5772, 6200, 6600, 7200, 8000, 9500, 12000,
        20000, 35000)  # fmt: skip
COLOURS = {
    "bp_rp": (4.60, 3.10, 2.45, 1.95, 1.55, 1.24, 1.05, 0.92, 0.82, 0.71, 0.60, 0.45, 0.25, 0.0,
              -0.12, -0.30, -0.45),
    "bolometric": (-3.0, -1.9, -1.2, -0.75, -0.40, -0.22, -0.07, 0.02, 0.08, 0.09, 0.08, 0.05, 0.0,
                   -0.15, -0.65, -1.75, -3.1),
    "b_v": (2.1, 1.75, 1.53, 1.42, 1.23, 1.00, 0.88, 0.74, 0.65, 0.54, 0.45, 0.31, 0.17, -0.02,
            -0.10, -0.20, -0.30),
    "v_k": (8.0, 6.5, 5.0, 4.1, 3.1, 2.45, 2.05, 1.72, 1.5, 1.3, 1.07, 0.80, 0.45, 0.0, -0.30,
            -0.55, -0.85),
    "j_k": (1.0, 0.90, 0.86, 0.84, 0.76, 0.62, 0.50, 0.42, 0.37, 0.31, 0.25, 0.17, 0.09, 0.0, -0.06,
            -0.13, -0.20),
    "h_k": (0.42, 0.35, 0.28, 0.22, 0.18, 0.14, 0.11, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.02, 0.0,
            -0.01, -0.02),
    "nuv_g": (11.0, 10.5, 10.2, 9.8, 9.0, 8.0, 6.9, 5.9, 5.2, 4.5, 3.9, 3.1, 2.3, 1.6, 0.9, -0.2,
              -1.1),
    "fuv_nuv": (4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 6.5, 6.0, 5.5, 5.0, 4.3, 3.2, 2.0, 0.9, 0.3, -0.1,
                -0.3),
}  # fmt: skip


def by_temperature(colour: str, teff: Array) -> Array:
    """A colour, or the bolometric correction in G, of stars of these temperatures."""
    return np.interp(np.log(teff), np.log(TEFF), COLOURS[colour])


def visual(g: Array, bp_rp: Array) -> Array:
    """Johnson V."""
    c = np.clip(bp_rp, -0.5, 5)
    return np.asarray(g - (-0.02704 + 0.01424 * c - 0.2156 * c**2 + 0.01426 * c**3))


def tess_magnitude(g: Array, bp_rp: Array) -> Array:
    """Magnitude in the TESS band."""
    c = np.clip(bp_rp, -0.2, 3.5)
    return np.asarray(g - 0.00522555 * c**3 + 0.0891337 * c**2 - 0.633923 * c + 0.0324473)


def sloan(g: Array, bp_rp: Array) -> dict[str, Array]:
    """u, g, r, i and z of the Sloan survey."""
    c = np.clip(bp_rp, 0.0, 3.0)
    blue = g - (0.13518 - 0.46245 * c - 0.25171 * c**2 + 0.021349 * c**3)
    red = g - (-0.12879 + 0.24662 * c - 0.027464 * c**2 - 0.049465 * c**3)
    infrared = g - (-0.29676 + 0.64728 * c - 0.10141 * c**2)
    return {
        "umag": blue + 1.0 + 0.5 * c,
        "gmag": blue,
        "rmag": red,
        "imag": infrared,
        "zmag": infrared - 0.1 - 0.12 * c,
    }
