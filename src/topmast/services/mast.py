"""Mast: call any service of MAST's portal by its name."""

from __future__ import annotations

from typing import Final

from topmast.questions import service_calls
from topmast.services.methods import answers, method, query
from topmast.services.service import Service


class MastClass(Service):
    """Any service of the portal, by name and parameters.

    The services are listed at https://mast.stsci.edu/api/v0/_services.html.
    """

    service_request: Final = query(service_calls.service_request)
    service_request_async: Final = answers(service_calls.service_request)
    mashup_request: Final = query(service_calls.mashup_request, service_calls.ask_selected)
    mashup_request_async: Final = answers(service_calls.mashup_request)
    mast_query: Final = method(service_calls.mast_query)
