"""Observations: find observations, list their products, download them."""

from __future__ import annotations

from typing import Final

from topmast.questions import observations, product_stream, products
from topmast.services import cloud, downloads, headers, open
from topmast.services.methods import answers, count, method, query
from topmast.services.service import Service


class ObservationsClass(Service):
    """Observations of all missions, and their data products.

    A place is a text (``"322.49324 12.16683"`` in degrees, ``"21h29m58s +12d10m"``, an object
    name), a `~astropy.coordinates.SkyCoord` in any frame, or a list, array or table of them. For
    many places the requests travel at once, and the table ends with the columns ``target_index``
    (which entry of the list a row matched, from 0) and ``target_given`` (that entry as text).

    A radius is a number of degrees, a text such as ``"5 arcmin"``, or an angle.
    """

    query_region: Final = query(observations.query_region)
    query_region_async: Final = answers(observations.query_region)
    query_object: Final = query(observations.query_object)
    query_object_async: Final = answers(observations.query_object)
    query_criteria: Final = query(observations.query_criteria)
    query_criteria_async: Final = answers(observations.query_criteria)
    query_region_count: Final = count(observations.query_region, observations.count_near)
    query_object_count: Final = count(observations.query_object, observations.count_near)
    query_criteria_count: Final = count(observations.query_criteria_count)
    list_missions: Final = method(observations.list_missions)
    get_metadata: Final = method(observations.get_metadata)
    explain: Final = method(observations.explain)

    get_product_list: Final = query(products.get_product_list)
    get_product_list_async: Final = answers(products.get_product_list)
    get_unique_product_list: Final = method(products.get_unique_product_list)
    stream_products: Final = method(product_stream.stream_products)
    filter_products: Final = method(downloads.filter_products)
    plan_download: Final = method(downloads.plan_download)
    download_products: Final = method(downloads.download_products)
    iter_download: Final = method(downloads.iter_download)
    download_file: Final = method(downloads.download_file)
    retry: Final = method(downloads.retry)

    open_product: Final = method(open.open_product)
    read_product: Final = method(open.read_product)
    headers: Final = method(headers.headers)

    enable_cloud_dataset: Final = method(cloud.enable_cloud_dataset)
    disable_cloud_dataset: Final = method(cloud.disable_cloud_dataset)
    list_cloud_datasets: Final = method(cloud.list_cloud_datasets)
    get_cloud_uri: Final = method(cloud.get_cloud_uri)
    get_cloud_uris: Final = method(cloud.get_cloud_uris)
