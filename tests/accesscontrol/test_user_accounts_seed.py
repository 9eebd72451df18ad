"""“User accounts” of Thinger.io: what each role may, where no test of an act says it already."""

from __future__ import annotations

import pytest

from accesscontrol.access import engine
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.projects.members import add_member
from accesscontrol.services.projects.specs import ProjectRuleSpec
from tests.world import Cast, build_cast

pytestmark = pytest.mark.django_db
ALL_OF_DEVICES = ("device:view", "device:change", "device:delete")


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def devices_of(cast: Cast, username: str) -> set[str]:
    """The devices that somebody sees."""
    seen = engine.visible(cast.actor(username), "device:view")
    return {name for name, item in cast.items.items() if item.pk in set(seen.values_list("pk", flat=True))}


@pytest.mark.seed("user-accounts.03")
def test_developers_and_users_see_their_own_until_a_project_shares_more(cast: Cast) -> None:
    assert devices_of(cast, "anna") == {"sensor"}
    assert devices_of(cast, "otto") == {"pump"}
    assert devices_of(cast, "sam") == {"truck_7"}
    add_member(cast.actor("adam"), cast.pilot, cast.people["otto"],
               rules=(ProjectRuleSpec(effect="allow", permissions=("*:view",)),))  # fmt: skip
    assert devices_of(cast, "otto") == {"pump", "truck_7"}
    assert devices_of(cast, "anna") == {"sensor"}


@pytest.mark.seed("user-accounts.13")
@pytest.mark.seed("user-accounts.35")
def test_a_guest_reads_what_was_shared_and_nothing_else(cast: Cast) -> None:
    """Lee is a user to whom a project lets truck 7 be seen."""
    assert devices_of(cast, "lee") == {"truck_7"}
    lee, truck = cast.actor("lee"), cast.items["truck_7"]
    assert [engine.decide(lee, name, truck).allowed for name in ALL_OF_DEVICES] == [True, False, False]
    cast.pilot.members.all().delete()
    assert devices_of(cast, "lee") == set()


@pytest.mark.seed("user-accounts.14")
@pytest.mark.parametrize("kind", ["device", "group", "plugin"])
def test_a_guest_creates_nothing_and_uses_no_plugin(cast: Cast, kind: str) -> None:
    lee, northwind = cast.actor("lee"), cast.accounts["northwind"]
    assert cast.people["lee"].authority == User.Authority.USER
    with pytest.raises(AccessDenied):
        create_items(lee, [ItemSpec(name="Mine", kind=kind, account=northwind)])
    [plugin] = create_items(cast.actor("adam"), [ItemSpec(name="Web locator", kind="plugin", account=northwind)])
    assert not engine.decide(lee, "plugin:view", plugin).allowed
