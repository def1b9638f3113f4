"""Calls of which only the requests are compared: of catalogues, and of rare forms of others."""

from __future__ import annotations

M10 = "254.287746 -4.099327"

REQUEST_CALLS = [
    # places in other shapes
    "Observations.query_region(SkyCoord('12h34m56s', '+01d02m03s'), radius=2 * u.arcmin)",
    "Observations.query_region(SkyCoord(10, 20, unit='deg', frame='fk5'), radius='1d')",
    "Observations.query_region_async('10.0 20.0', radius=0.001)[0].json()",
    "Observations.query_object_async('M57', radius='30s')[0].json()",
    "Observations.query_criteria_async(obs_collection='IUE', target_name='IC*')[0].json()",
    "Observations.query_region_count('10 20', pagesize=5, page=2)",
    "Observations.query_criteria(coordinates='10 20', radius='2m', project='HST')",
    "Observations.query_criteria(obs_collection=np.array(['IUE', 'HUT']), calib_level=2)",
    "Observations.query_criteria(em_min=(1e-7, 1e-6), dataproduct_type=('image', 'cube'))",
    "Observations.query_criteria(t_obs_release=[0, 1], proposal_id=['8880', 9000])",
    "Observations.get_product_list_async(['3000007760'])[0].json()",
    # catalogues near a place
    f"Catalogs.query_region('{M10}')",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='HSC', magtype=2, nr=28)",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='HSC', version=2)",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='Galex')",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='Galex', maxrecords=11)",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='Gaia')",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='Gaia', version=1)",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='TIC')",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='ctl', pagesize=4, page=2)",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='plato')",
    f"Catalogs.query_region('{M10}', radius=1, catalog='DiskDetective')",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='tgas')",
    f"Catalogs.query_region('{M10}', radius=0.02, catalog='gaia', version=5)",
    f"Catalogs.query_region_async('{M10}', radius=0.02, catalog='tic')[0].json()",
    "Catalogs.query_object('M10', radius=.02, catalog='TIC')",
    "Catalogs.query_object('M10', radius=.001, catalog='HSC', magtype=1)",
    "Catalogs.query_object_async('M10', radius=.02, catalog='Gaia')[0].json()",
    # catalogues by their columns
    "Catalogs.query_criteria(catalog='Tic', Bmag=[30, 50], objType='STAR')",
    "Catalogs.query_criteria(catalog='tic', objectname='M10', radius=.02, Tmag=[8, 9])",
    "Catalogs.query_criteria(catalog='CTL', coordinates='10 20', radius='2m', Teff=[3000, 4000])",
    "Catalogs.query_criteria(catalog='DiskDetective', state=['inactive', 'disabled'],"
    " oovRate=[8, 10], multi=[3, 7])",
    "Catalogs.query_criteria(catalog='DiskDetective', objectname='M10', radius=2,"
    " state='complete')",
    "Catalogs.query_criteria(catalog='Tic', objType=['STAR', 'EXT*'], Jmag=[1, 2], pagesize=3)",
    "Catalogs.query_criteria_async(catalog='Tic', Bmag=[30, 50], objType='STAR')[0].json()",
    "Catalogs.query_criteria(catalog='Tic')",
    "Catalogs.query_criteria(catalog='Tic', nonsense=2)",
    "Catalogs.query_criteria(catalog='Galex', nonsense=2)",
    # Hubble's sources and their spectra
    "Catalogs.query_hsc_matchid(82371983)",
    "Catalogs.query_hsc_matchid(7931349, version=2)",
    "Catalogs.query_hsc_matchid_async('82371983')[0].json()",
    "Catalogs.get_hsc_spectra()",
    "Catalogs.get_hsc_spectra_async(pagesize=10, page=1)[0].json()",
    # services called by name
    "Mast.mast_query('Mast.Catalogs.Filtered.Tic.Rows', columns='id', Teff=3, pagesize=5)",
    "Mast.mast_query('Mast.Catalogs.Filtered.Tic', columns='COUNT_BIG(*)',"
    " dec={'min': -90, 'max': -30}, Teff=[{'min': 4250, 'max': 4500}])",
    "Mast.mast_query('Mast.Caom.Filtered.Position', position='210.8, 54.3, 0.2',"
    " filters=['NUV'], columns='*', removenullcolumns=True)",
    "Mast.mast_query('Mast.Hsc.Db.v3', ra=254.28, dec=-4.09, radius=0.001, magtype=2, nr=10)",
    "Mast.service_request('Mast.Caom.Cone', {'ra': 184.3, 'dec': 54.5, 'radius': 0.2},"
    " timeout=5, clearcache=True)",
]
