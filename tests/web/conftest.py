"""What the tests of the web share."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from syndicator.web.app import create_app
from tests.web.fakes import World, newspaper


@pytest.fixture
def world() -> World:
    return newspaper()


@pytest.fixture
def client(world: World) -> FlaskClient:
    return create_app(world.ports).test_client()
