"""MastMissions: search the datasets of one mission by the mission's own columns."""

from __future__ import annotations

from typing import Any, Final

from topmast.questions import mission_columns, mission_products, missions
from topmast.questions.mission_pages import ask_mission, ask_mission_answers
from topmast.questions.mission_products import ask_product_answers, ask_products
from topmast.services import cloud, downloads, mission_downloads, mission_open
from topmast.services.methods import method, query_of, twin_of
from topmast.services.service import Service

OWN = ("mission",)
"""Arguments that a call may leave out, because the object has them."""
TABLE_OR_COUNT = "Table | int"
RAW = "Answer | list[Answer]"
"""One answer, or all where several requests were needed."""


class MastMissionsClass(Service):
    """Datasets of one mission, searched by the mission's own columns, and their products.

    The missions are hst, jwst, classy, ullyses, iue, roman, roman_spectra, roman_cgi, and
    whatever else `get_available_missions` lists.

    A place, or many, is given as in `ObservationsClass`; a radius is a number of **arcminutes**,
    a text such as ``"30 arcsec"``, or an angle, and at most 30 arcmin.

    Parameters
    ----------
    *given
        A token, or username and password, as `login` takes them without names.
    mission : str
        The mission that calls are about which name no other, in any letter case.
    **settings
        As for `ObservationsClass`.

    Examples
    --------
    >>> MastMissions.mission
    'hst'
    >>> table = MastMissions.query_object("M101", radius=5, sci_instrume="!STIS")
    """

    _copied = OWN

    def __init__(self, *given: Any, mission: str = "hst", **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.mission = mission

    def __call__(self, *given: Any, **settings: Any) -> MastMissionsClass:
        settings.setdefault("mission", self.mission)
        return super().__call__(*given, **settings)

    @property
    def mission(self) -> str:
        """The mission that calls are about which name no other, in small letters."""
        return self._mission

    @mission.setter
    def mission(self, name: str) -> None:
        self._mission = mission_columns.checked_mission(name).name

    query_criteria: Final = query_of(missions.query_criteria, ask_mission, OWN, TABLE_OR_COUNT)
    query_criteria_async: Final = twin_of(missions.query_criteria, ask_mission_answers, OWN, RAW)
    query_region: Final = query_of(missions.query_region, ask_mission, OWN, TABLE_OR_COUNT)
    query_region_async: Final = twin_of(missions.query_region, ask_mission_answers, OWN, RAW)
    query_object: Final = query_of(missions.query_object, ask_mission, OWN, TABLE_OR_COUNT)
    query_object_async: Final = twin_of(missions.query_object, ask_mission_answers, OWN, RAW)
    get_available_missions: Final = method(mission_columns.get_available_missions)
    get_column_list: Final = method(mission_columns.get_column_list, OWN)
    get_dataset_kwd: Final = method(mission_columns.get_dataset_kwd, OWN)

    get_product_list: Final = query_of(mission_products.get_product_list, ask_products, OWN)
    get_product_list_async: Final = twin_of(
        mission_products.get_product_list, ask_product_answers, OWN, RAW
    )
    get_unique_product_list: Final = method(mission_products.get_unique_product_list, OWN)
    filter_products: Final = method(mission_downloads.filter_products)
    plan_download: Final = method(mission_downloads.plan_download, OWN)
    download_products: Final = method(mission_downloads.download_products, OWN)
    download_file: Final = method(mission_downloads.download_file, OWN)
    retry: Final = method(downloads.retry)

    open_product: Final = method(mission_open.open_product, OWN)
    read_product: Final = method(mission_open.read_product, OWN)
    headers: Final = method(mission_open.headers, OWN)
    enable_cloud_dataset: Final = method(cloud.enable_cloud_dataset)
    disable_cloud_dataset: Final = method(cloud.disable_cloud_dataset)
