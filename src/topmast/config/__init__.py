"""Settings, and the table of what two dialects answer differently; it imports only errors."""

from topmast.config.settings import (
    DEFAULTS,
    Conf,
    Servers,
    api_token,
    conf,
    configuration_files,
    environment,
)

__all__ = ["DEFAULTS", "Conf", "Servers", "api_token", "conf", "configuration_files", "environment"]
