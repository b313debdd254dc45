"""The web app for any WSGI server: `syndicator.wsgi:app`, or `syndicator.wsgi:create` as a factory.

Works on the folder that `SYNDICATOR_ROOT` names, else on the current one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from syndicator import config, wiring
from syndicator.config import Settings


def settings_in_force() -> Settings:
    """Those that a server handed to its workers, else what the configuration says now. Raises ConfigError."""
    handed = os.environ.get("SYNDICATOR_SETTINGS")
    if handed:
        return Settings.model_validate_json(handed)
    return config.load(Path(os.environ.get("SYNDICATOR_ROOT", ".")))


def create() -> Any:
    """A WSGI application over a store of its own."""
    from syndicator.web.app import create_app
    from syndicator.web.counting import Collector

    settings = settings_in_force()
    ports = wiring.opened(settings)
    collector = Collector(ports.store, ports.now)
    collector.start()
    return create_app(ports, wiring.web_options(settings), collector.note).wsgi_app


def __getattr__(name: str) -> Any:
    if name == "app":
        return create()
    raise AttributeError(name)
