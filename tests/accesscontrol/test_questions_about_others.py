"""Who may ask about whom: what the asker may not see answers like what does not exist."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.decisions.questions import answer_many
from accesscontrol.tokens.models import Token
from tests.accesscontrol.world_files import SEEDS
from tests.world import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeds() -> None:
    call_command("world", "apply", SEEDS, stdout=StringIO(), stderr=StringIO())


def ask(asker: Actor, subject: str, action: str, resource: str, **context: Any) -> dict[str, Any]:
    (kind, _, name), (thing, _, key) = subject.partition(" "), resource.partition(" ")
    asked = {"subject": {"type": kind, "id": name}, "action": {"name": action}, "resource": {"type": thing, "id": key}}
    [answer] = answer_many([asked | {"context": context}], asker)
    return answer


def user(name: str, **rest: Any) -> Actor:
    return Actor.of(User.objects.get(username=name), **rest)


def test_everybody_asks_about_themselves(seeds):
    assert ask(user("sub2"), "user sub2", "view", "device d1")["decision"] is True
    assert ask(user("sub2"), "user sub2", "view", "device d2")["decision"] is False
    assert ask(user("petra"), "user petra", "token:create", "account client-a", account="client-a")["decision"] is True


def test_a_manager_asks_about_their_people(seeds):
    assert ask(user("acme.owner"), "user a.owner", "view", "device a-truck")["decision"] is True
    assert ask(user("acme.owner"), "account support", "view", "device as-truck")["decision"] is False
    assert ask(user("master"), "user sub1", "messages:view", "device d1")["context"]["history_days"] == 30


def test_an_unseen_subject_answers_like_one_that_does_not_exist(seeds):
    # Alone, both may view the van; asked by the other company, the owner of the van does not exist.
    assert ask(user("a.owner"), "user a.owner", "view", "device a-truck")["decision"] is True
    assert ask(user("b.owner"), "user b.owner", "view", "device a-truck")["decision"] is True
    unseen = ask(user("b.owner"), "user a.owner", "view", "device a-truck")
    assert unseen["decision"] is False
    assert unseen == ask(user("b.owner"), "user nobody", "view", "device a-truck")
    assert unseen == ask(user("sub1"), "user master", "view", "device d1")


def test_an_unseen_resource_answers_like_one_that_does_not_exist(seeds):
    assert ask(user("a.owner"), "token a-master", "view", "device b-truck") == ask(
        user("a.owner"), "token a-master", "view", "device nothing"
    )


def test_address_and_time_count_only_from_those_who_see_their_whole_account(seeds):
    later = {"at": "2027-01-01T00:00:00Z"}
    refused = ask(user("sub1"), "user sub1", "view", "device d1", **later)
    assert (refused["decision"], refused["context"]["error"]["status"]) == (False, 403)
    assert (
        ask(user("dev"), "user dev", "view", "device sensor-1", address="10.0.0.1")["context"]["error"]["status"] == 403
    )
    assert ask(user("master"), "user sub1", "view", "device d1", **later)["decision"] is True
    operator = User.objects.create_superuser(
        "operator", "operator@portal.example", "a long enough password", verified=True
    )
    asked = ("user sub1", "view", "device d1")
    assert ask(Actor.of(operator), *asked, **later)["decision"] is False
    assert ask(enter(operator, User.objects.get(username="sub1").account), *asked, **later)["decision"] is True


def test_the_connections_address_counts_for_the_caller_itself(seeds):
    token = Token.objects.get(key="office-only")
    inside, outside = Actor.of(token, address="10.1.2.3"), Actor.of(token, address="192.0.2.1")
    assert ask(inside, "token office-only", "view", "device tr-1")["decision"] is True
    assert ask(outside, "token office-only", "view", "device tr-1")["decision"] is False


def test_a_caller_who_operates_as_an_account_asks_with_its_eyes(seeds):
    client = Account.objects.get(key="client-a")
    assert ask(user("petra"), "user a.owner", "view", "device a-truck")["decision"] is False
    assert ask(user("petra", acting=client.pk), "user a.owner", "view", "device a-truck")["decision"] is True
    assert ask(user("petra", acting=client.pk), "user petra", "token:create", "account client-a")["decision"] is True
