"""Calls of the public Catalogs methods, as Python text that either package can run.

They are made on the archive of `tests.catalog_archive`, whose sources lie around M10.
"""

from __future__ import annotations

PLACE = "SkyCoord(254.287746, -4.099327, unit='deg')"

CATALOG_CALLS = [
    # the catalogues
    f"Catalogs.query_region({PLACE}, radius=0.1)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='HSC', version=2)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='hsc', version=3)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='hsc', version=5)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='HSC', magtype=2)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='HSC', magtype=1, ni=5)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='Galex')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='GALEX', maxrecords=1000)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='Gaia')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='gaia', version=1)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='gaia', version=2)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='gaia', version=3)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='GaiaDR3')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='Tgas')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='TIC')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='tic')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='ctl')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='diskdetective')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='plato')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='plato', version=1)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='plato', version=2)",
    # places and radii
    f"Catalogs.query_region({PLACE})",
    f"Catalogs.query_region({PLACE}.galactic, radius='3 arcmin', catalog='TIC')",
    f"Catalogs.query_region({PLACE}, radius=90 * u.arcsec, catalog='TIC')",
    "Catalogs.query_region('254.287746 -4.099327', radius=0.02, catalog='TIC')",
    "Catalogs.query_region('16h57m9.06s -4d5m57.6s', radius='0.05', catalog='Gaia')",
    "Catalogs.query_region('1 2', radius=0.01, catalog='TIC')",
    f"Catalogs.query_region({PLACE}, radius=0, catalog='TIC')",
    f"Catalogs.query_region({PLACE}, radius='about', catalog='TIC')",
    "Catalogs.query_object('M10', radius=.02, catalog='TIC')",
    "Catalogs.query_object('M10', radius=.1)",
    "Catalogs.query_object('m 10', radius='2 arcmin', catalog='Galex')",
    "Catalogs.query_object('M10', radius=.1, catalog='HSC', resolver='NED', version=2)",
    "Catalogs.query_object('no such object at all', catalog='TIC')",
    # limits and pages
    f"Catalogs.query_region({PLACE}, radius=0.2, nr=5)",
    f"Catalogs.query_region({PLACE}, radius=0.2, nr=5, pagesize=2)",
    f"Catalogs.query_region({PLACE}, radius=0.2, catalog='galex', maxrecords=9)",
    f"Catalogs.query_region({PLACE}, radius=0.2, catalog='galex', pagesize=7)",
    f"Catalogs.query_region({PLACE}, radius=0.2, catalog='TIC', pagesize=11, page=2)",
    f"len(Catalogs.query_region_async({PLACE}, radius=0.2, catalog='TIC', pagesize=50))",
    # words that do not belong there
    f"Catalogs.query_region({PLACE}, radius=0.1, magtyp=2)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='Gaia', nr=2)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='TIC', Tmag=[1, 2])",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='Galex', max_records=2)",
    # criteria
    "Catalogs.query_criteria(catalog='Tic', Bmag=[30, 50], objType='STAR')",
    "Catalogs.query_criteria(catalog='tic', Tmag=[6, 7])",
    "Catalogs.query_criteria(catalog='TIC', TMAG=[6, 9], objtype=['STAR', 'EXTENDED'])",
    "Catalogs.query_criteria(catalog='TIC', objectname='M10', radius=.1, Tmag=[6, 9])",
    f"Catalogs.query_criteria(catalog='TIC', coordinates={PLACE}, radius=0.05, lumclass='DWARF')",
    "Catalogs.query_criteria(catalog='TIC', objType='ST*', Teff=[3000, 4000])",
    "Catalogs.query_criteria(catalog='TIC', ID='189844001')",
    "Catalogs.query_criteria(catalog='TIC', ID=189844001)",
    "Catalogs.query_criteria(catalog='ctl', Tmag=[6, 9])",
    "Catalogs.query_criteria(catalog='CTL', objectname='M10', radius=1, lumclass='GIANT')",
    "Catalogs.query_criteria(catalog='DiskDetective', objectname='M10', radius=2,"
    " state='complete')",
    "Catalogs.query_criteria(catalog='diskdetective', state=['complete', 'inactive'])",
    "Catalogs.query_criteria(catalog='DiskDetective', classifiers=[5, 9], state='complete')",
    "Catalogs.query_criteria(catalog='TIC', Tmag=[6, 9], pagesize=4)",
    "Catalogs.query_criteria(catalog='TIC', Tmag=[1, 2])",
    "Catalogs.query_criteria(catalog='TIC', Tmag=7)",
    "Catalogs.query_criteria(catalog='TIC', Tmagg=[1, 2])",
    "Catalogs.query_criteria(catalog='TIC', objectname='M10')",
    "Catalogs.query_criteria(catalog='TIC', objectname='M10', coordinates='1 2', Tmag=[1, 2])",
    "Catalogs.query_criteria(catalog='Gaia', ra=[1, 2])",
    "Catalogs.query_criteria(catalog='hsc', objectname='M10')",
    # Hubble's own
    "Catalogs.query_hsc_matchid(17554003)",
    "Catalogs.query_hsc_matchid(np.int64(17554003), version=3)",
    "Catalogs.query_hsc_matchid('17554003', version=7)",
    "Catalogs.query_hsc_matchid(17554003, version=2)",
    "Catalogs.query_hsc_matchid(999)",
    f"Catalogs.query_hsc_matchid(Catalogs.query_region({PLACE}, radius=0.3)[0])",
    "Catalogs.get_hsc_spectra()",
    # Pan-STARRS
    f"Catalogs.query_region({PLACE}, radius=0.05, catalog='Panstarrs')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', data_release='dr1')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='PANSTARRS', table='mean', pagesize=7)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', pagesize=7, page=3)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', nDetections=[('gt', 30)])",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', columns=['objID'])",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', columns=['objID', 'raMean'],"
    " sort_by=[('desc', 'raMean')])",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', sort_by='objName')",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', sort_by=['nStackDetections',"
    " ('desc', 'gMeanPSFMag')])",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', nDetection=3)",
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', data_release='dr9')",
    "Catalogs.query_region('1 2', radius=0.01, catalog='panstarrs')",
    "Catalogs.query_object('M10', radius=0.05, catalog='panstarrs', nDetections=[('lte', 20)])",
    "Catalogs.query_object('M10', radius=0.05, catalog='panstarrs', columns=['gMeanPSFMag'])",
    "Catalogs.query_criteria(catalog='panstarrs', nDetections=[('min', 57)])",
    "Catalogs.query_criteria(catalog='PANSTARRS', nDetections=[('gte', 30), ('lt', 33)])",
    "Catalogs.query_criteria(catalog='Panstarrs', nStackDetections=5, columns=['objName', 'htmID'])",
    "Catalogs.query_criteria(catalog='panstarrs', nStackDetections=[0, 5], pagesize=9, page=2)",
    "Catalogs.query_criteria(catalog='panstarrs', objName='PSO J16570007')",
    "Catalogs.query_criteria(catalog='panstarrs', objName=[('like', 'PSO J1657000%')])",
    "Catalogs.query_criteria(catalog='panstarrs', objName=[('contains', '0100')])",
    "Catalogs.query_criteria(catalog='panstarrs', objID=66000000000007091)",
    "Catalogs.query_criteria(catalog='panstarrs', NDETECTIONS=[('min', 57)], columns=['objID'])",
    "Catalogs.query_criteria(catalog='panstarrs', objectname='M10', radius=0.1,"
    " gMeanPSFMag=[('lt', 17.5)], table='mean', sort_by=['distance'])",
    f"Catalogs.query_criteria(catalog='panstarrs', coordinates={PLACE}, radius=0.1,"
    " iMeanPSFMag=[('gte', 15), ('lte', 16)], sort_by=[('asc', 'iMeanPSFMag')])",
    "Catalogs.query_criteria(catalog='panstarrs', objectname='M10', radius=0.1)",
    "Catalogs.query_criteria(catalog='panstarrs', columns=['objID'])",
    "Catalogs.query_criteria(catalog='panstarrs', nDetections=999)",
    "Catalogs.query_criteria(catalog='panstarrs', nDetectionss=[('min', 57)])",
    # names
    "Catalogs.resolve_object('M10')",
    "Catalogs.resolve_object(['M10'])",
    "Catalogs.resolve_object('m 10', resolver='ned')",
    "Catalogs.resolve_object('M10', resolver='SIMBAD')",
    "Catalogs.resolve_object('M10', resolver='Sesame')",
    "Catalogs.resolve_object('M10', resolve_all=True)",
    "Catalogs.resolve_object(['M10', 'nothing at all'])",
    "Catalogs.resolve_object('nothing at all')",
    "Catalogs.resolve_object(['nothing', 'nowhere'])",
]

JUSTIFIED_CATALOG_CALLS: dict[str, str] = {
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='panstarrs', data_release='dr9')": (
        "A release that is not there is an InvalidQueryError that names what is there."
    ),
    "Catalogs.resolve_object(['M10', 5])": (
        "What is no name is an InvalidQueryError; astroquery 0.4.11 fails at 'lower'."
    ),
    f"Catalogs.query_region({PLACE}, radius='about', catalog='TIC')": (
        "A radius that cannot be read is an InvalidQueryError, which is a ValueError too."
    ),
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='Gaya')": (
        "The archive's error about a service becomes an InvalidQueryError that names Gaia."
    ),
    f"Catalogs.query_region({PLACE}, radius=0.1, catalog='TIC', version=8)": (
        "A version that says nothing is ignored by both; topmast warns of it."
    ),
    f"Catalogs.query_region({PLACE}, radius=0.2, nr=5, pagesize=2, page=1)": (
        "The limit was reached, whichever page is asked for; astroquery compares it with the page."
    ),
    f"Catalogs.query_region({PLACE}, radius=0.1, nr=95, catalog='Hsc').colnames and "
    f"Catalogs.query_region({PLACE}, radius=0.12, catalog='plato', pagesize=95, page=1)": (
        "astroquery remembers the limit of the call before, and warns of it."
    ),
}
"""Where topmast differs from astroquery 0.4.11 on purpose, with the reason."""

CATALOG_CALLS += [call for call in JUSTIFIED_CATALOG_CALLS if call not in CATALOG_CALLS]
