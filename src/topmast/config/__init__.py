"""Settings, and the table of what two dialects answer differently; it imports no other room."""

from topmast.config.settings import DEFAULTS, Conf, Servers, api_token, conf, environment

__all__ = ["DEFAULTS", "Conf", "Servers", "api_token", "conf", "environment"]
