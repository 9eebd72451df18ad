"""Operating as an account that granted it: by the switcher, under a bar, and every line of the log names both."""

from __future__ import annotations

import pytest

from accesscontrol.services.grants.grants import create_grant, revoke_grant
from tests.world import CONSOLE


@pytest.fixture
def lent(cast):
    """Fabrikam lets Contoso act as it."""
    return create_grant(CONSOLE, cast.accounts["fabrikam"], covers="account", levels=("operate-as",), key="lent",
                        grantees=[cast.accounts["contoso"]])  # fmt: skip


@pytest.mark.seed("grants.15")
def test_the_grantee_acts_as_the_account_and_the_log_names_both(browse, lent):
    carla = browse("carla")
    carla.post("/act-as/", {"account": "fabrikam"})
    carla.post("/items/device/lorry/change/", {"name": "Lorry One"})
    page = browse("frank").get("/events/?action=item.change").content.decode()
    assert "Contoso → Fabrikam" in page  # who she is, is not Fabrikam's business
    own = carla.get("/events/?action=item.change").content.decode()
    assert "carla → Fabrikam" in own
    assert "act as <strong>Fabrikam</strong>" in own


def test_acting_as_it_shows_what_that_account_gave_and_received(browse, cast, lent):
    carla = browse("carla")
    carla.post("/act-as/", {"account": "fabrikam"})
    assert [row.record.key for row in carla.get("/grants/").context["table"].page.object_list] == ["lent"]
    assert carla.get("/grants/hub-for-contoso/").status_code == 404
    carla.post("/act-as/stop/")
    assert carla.get("/grants/hub-for-contoso/").status_code == 200


@pytest.mark.checklist("Z08")
def test_a_revoked_grant_ends_it_at_the_next_page(browse, cast, lent):
    carla = browse("carla")
    carla.post("/act-as/", {"account": "fabrikam"})
    assert carla.get("/items/device/lorry/").status_code == 200
    revoke_grant(CONSOLE, lent)
    assert carla.get("/items/device/lorry/").status_code != 200
