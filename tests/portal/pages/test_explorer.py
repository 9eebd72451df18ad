"""The access explorer: it answers as the engine decides, and tells nobody of what they may not see."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.compiled import compiling, keeping
from accesscontrol.access.doors import reverse
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from portal.pages.explorer.holders import left_out
from tests.statements import of_page, statements
from tests.world import CONSOLE

TOKENS = re.compile(r'"X-CSRFToken": "[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"')


def ask(client, page: str = "", **query: str):
    return client.get(f"/access/{page}?{urlencode(query)}")


def why(client, **query: str) -> dict:
    return ask(client, **query).context["why"]


def scrubbed(answer, *names: str) -> str:
    text = TOKENS.sub("", answer.content.decode())
    return re.sub("|".join(names), "NAME", text)


# --- May X do P on Y


@pytest.mark.parametrize(
    ("caller", "permission", "thing"),
    [
        ("user:nora", "device:delete", "device:scooter"),
        ("user:sam", "device:view", "device:truck-7"),
        ("user:sam", "device:delete", "device:truck-7"),
        ("user:sam", "device:view", "device:truck-8"),
        ("user:lee", "device.messages:view", "device:truck-7"),
        ("user:lee", "device.telemetry:view", "device:truck-7"),
        ("user:carla", "channel.items:create", "channel:hub"),
        ("user:carla", "channel:change", "channel:hub"),
        ("token:t-viewer", "device.messages:view", "device:truck-7"),
        ("token:t-viewer", "device:change", "device:truck-7"),
        ("token:t-standard", "user:view", "user:sam"),
        ("account:contoso", "device:view", "device:van-1"),
        ("user:anna", "device:create", "account:northwind"),
        ("user:sam", "event:view", "account:northwind"),
    ],
)
def test_it_answers_as_the_engine_decides(browse, cast, caller, permission, thing):
    kind, key = caller.split(":")
    name = key.removeprefix("t-").replace("-", "_")
    actor = cast.actor(name) if kind == "user" else cast.token(name) if kind == "token" else cast_account(cast, name)
    kind, key = thing.split(":")
    asked = {"account": cast.accounts, "user": cast.people}.get(kind, cast.items)[key.replace("-", "_")]
    decision = engine.decide(actor, permission, asked)
    found = why(browse("nora"), caller=caller, permission=permission, thing=thing)
    assert found["allowed"] is decision.allowed
    assert {part["outcome"] for part in found["parts"]} & {"allows"} == ({"allows"} if decision.verdict.by else set())
    assert bool(found["needed"]) is not decision.allowed


def cast_account(cast, name: str):
    return engine.Actor.of(cast.accounts[name])


def test_the_verdict_comes_with_its_chain(browse):
    found = why(browse("nora"), caller="user:lee", permission="device.messages:view", thing="device:truck-7")
    assert found["sentence"] == (
        "lee does not have device.messages:view on Truck 7: a deny rule of the project Pilot denies it."
    )
    assert [box["label"] for box in found["chain"]] == [
        "lee", "Project membership", "a deny rule of the project Pilot denies it", "Truck 7",
    ]  # fmt: skip
    assert [box["url"] for box in found["chain"]][1:] == [
        "/projects/pilot/",
        "/projects/pilot/",
        "/items/device/truck-7/",
    ]
    assert found["needed"][0]["sentence"].startswith("Take the deny rule away")


def test_what_would_be_needed_leads_to_where_it_is_done(browse):
    needed = why(browse("nora"), caller="user:sam", permission="device:view", thing="device:truck-8")["needed"]
    assert (needed[0]["url"], needed[0]["label"]) == ("/users/sam/", "Open the user")
    own = why(browse("sam"), caller="me", permission="device:change", thing="device:truck-7")["needed"]
    assert [one.get("url") for one in own] == [None] * len(own)


def test_history_depth_is_told(browse):
    found = why(browse("nora"), caller="user:sam", permission="device.messages:view", thing="device:truck-7")
    assert (found["allowed"], found["history_days"]) == (True, 90)


def test_the_address_of_a_question_can_be_shared(browse):
    page = ask(browse("nora"), caller="user:sam", permission="device:view", thing="device:truck-7")
    shared = "http://testserver/access/?caller=user%3Asam&permission=device%3Aview&thing=device%3Atruck-7"
    assert page.context["share_url"] == shared
    assert browse("nora").get(shared).context["why"]["allowed"] is True


def test_nobody_named_means_oneself(browse):
    assert why(browse("sam"), permission="device:view", thing="device:truck-7")["sentence"].startswith(
        "sam has device:view"
    )


def test_names_can_be_typed_where_there_is_no_script(browse):
    found = why(browse("nora"), caller_typed="user:sam", permission="device:view", thing_typed="device:truck-7")
    assert found["sentence"].startswith("sam has device:view on Truck 7")


# --- What may be asked


def test_about_oneself_a_foreign_thing_is_like_one_that_does_not_exist(browse):
    foreign = ask(browse("sam"), caller="user:sam", permission="device:view", thing="device:rover")
    absent = ask(browse("sam"), caller="user:sam", permission="device:view", thing="device:absent")
    unassigned = ask(browse("sam"), caller="user:sam", permission="device:view", thing="device:truck-8")
    assert foreign.context["why"] == absent.context["why"] == unassigned.context["why"]
    assert foreign.status_code == absent.status_code == unassigned.status_code == 200
    assert scrubbed(foreign, "rover") == scrubbed(absent, "absent") == scrubbed(unassigned, "truck-8")


@pytest.mark.parametrize("caller", ["user:alma", "user:absent", "token:absent", "account:acme", "user:nora"])
def test_about_others_one_needs_to_see_them(browse, caller):
    answer = ask(browse("carla"), caller=caller, permission="device:view", thing="device:van-1")
    assert answer.status_code == 404
    assert answer.context["problem"] == "There is nobody like this here, or you may not ask about them. Check the name."
    assert scrubbed(answer, re.escape(caller), re.escape(caller.replace(":", "%3A"))) == scrubbed(
        ask(browse("carla"), caller="user:none", permission="device:view", thing="device:van-1"),
        "user:none",
        "user%3Anone",
    )


@pytest.mark.parametrize("caller", ["device:van-1", "x", "user:", ":siv"])
def test_only_people_tokens_and_accounts_are_callers(browse, caller):
    assert ask(browse("carla"), caller=caller, permission="device:view", thing="device:van-1").status_code == 404


@pytest.mark.parametrize("thing", ["device:rover", "device:absent", "device:truck-7"])
def test_about_others_one_needs_to_see_the_thing(browse, thing):
    answer = ask(browse("carla"), caller="user:siv", permission="device:view", thing=thing)
    assert answer.status_code == 404
    assert answer.context["problem"] == "There is nothing like this here, or you may not ask about it. Check the name."


@pytest.mark.parametrize("person", ["sam", "lee", "anna"])
def test_whoever_sees_nobody_asks_about_nobody(browse, person):
    assert ask(browse(person), caller="user:nora", permission="device:view", thing="device:truck-7").status_code == 404
    assert (
        ask(browse(person), caller="token:t-viewer", permission="device:view", thing="device:truck-7").status_code
        == 404
    )


def test_what_one_may_use_without_seeing_it_one_may_ask_about(browse, cast):
    blind = ProjectRuleSpec(effect="allow", permissions=("device.messages:create",))
    create_project(CONSOLE, cast.accounts["northwind"], name="Blind", key="blind", items=(cast.items["pump"],),
                   members=(MemberSpec(user=cast.people["lee"], rules=(blind,), accepted=True),))  # fmt: skip
    lee = browse("lee")
    assert why(lee, caller="me", permission="device.messages:create", thing="device:pump")["allowed"] is True
    refused = why(lee, caller="me", permission="device:view", thing="device:pump")
    assert refused == why(lee, caller="me", permission="device:view", thing="device:absent")


def secret_project(cast, effect: str) -> None:
    """A project of Northwind with the shop's scooter and Siv in it; Contoso sees both of them, not the project."""
    rules = [ProjectRuleSpec(effect="allow", permissions=("device:view",))]
    if effect == "deny":
        rules.append(ProjectRuleSpec(effect="deny", permissions=("device:view",)))
    member = MemberSpec(user=cast.people["siv"], rules=tuple(rules), accepted=True)
    create_project(CONSOLE, cast.accounts["northwind"], name="Secret", key="secret", items=(cast.items["scooter"],),
                   members=(member,))  # fmt: skip


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ("allow", "siv has device:view on Scooter through a project you cannot see."),
        ("deny", "siv does not have device:view on Scooter because of a project you cannot see."),
    ],
)
def test_links_of_the_chain_that_one_may_not_see_are_not_named(browse, cast, effect, said):
    secret_project(cast, effect)
    asked = {"caller": "user:siv", "permission": "device:view", "thing": "device:scooter"}
    page = ask(browse("carla"), **asked)
    assert page.context["why"]["sentence"] == said
    assert "Secret" in ask(browse("nora"), **asked).content.decode()
    assert "Secret" not in page.content.decode()
    assert [box["hidden"] for box in page.context["why"]["chain"]].count(True) >= 1


def test_what_holders_have_it_through_is_not_named_to_who_may_not_see_it(browse, cast):
    secret_project(cast, "allow")
    page = ask(browse("carla"), "who/", permission="device:view", thing="device:scooter", type="user")
    assert ("siv", "through a project you cannot see") in {
        (one["label"], one["sentence"]) for one in page.context["holders"]
    }
    assert "Secret" not in page.content.decode()
    own = ask(browse("siv"), "who/", permission="device:view", thing="device:scooter", type="user")
    assert [(one["label"], "Secret" in one["sentence"]) for one in own.context["holders"]] == [("siv", True)]


def test_holders_that_one_may_not_see_are_their_account(browse):
    page = ask(browse("frank"), "who/", permission="device:view", thing="device:lorry")
    assert {(one["label"], one["note"], one["url"]) for one in page.context["holders"] if "North" in one["label"]} == {
        ("Northwind", "somebody of it whom you cannot see", "")
    }
    assert "nora" not in page.content.decode()


def test_another_address_or_time_takes_sight_of_a_whole_account(browse, cast):
    end = timezone.now() + timedelta(days=2)
    assign_items(CONSOLE, cast.people["lee"], [cast.items["truck_8"]], expires_at=end)
    later = (end + timedelta(hours=1)).isoformat()
    asked = {"caller": "user:lee", "permission": "device:view", "thing": "device:truck-8"}
    assert why(browse("nora"), **asked)["allowed"] is True
    assert why(browse("nora"), **asked, at=later)["allowed"] is False
    page = ask(browse("lee"), **{**asked, "caller": "me"}, at=later)
    assert "at" not in page.context["form"].fields
    assert page.context["why"]["allowed"] is True  # what lee may not ask is not asked
    wrong = ask(browse("nora"), **asked, address="here")
    assert (wrong.status_code, wrong.context["problem"]) == (
        400,
        "This is not an IP address. Write one such as 10.1.2.3.",
    )


def test_acting_as_an_account_is_part_of_the_question(browse):
    asked = {"permission": "device:view", "thing": "device:van-1"}
    found = why(browse("nora"), caller="user:nora", account="account:contoso", **asked)
    assert found["sentence"].startswith("nora as Contoso has device:view on Van 1")
    refused = why(browse("nora"), caller="user:anna", account="account:contoso", **asked)
    assert (refused["allowed"], refused["sentence"]) == (
        False, "anna as Contoso has no access at all: anna may not operate as Contoso.",
    )  # fmt: skip
    assert ask(browse("carla"), caller="me", account="account:acme", **asked).status_code == 404


def test_whoever_acts_as_an_account_asks_as_it(browse):
    nora = browse("nora")
    nora.post("/act-as/", {"account": "contoso"})
    asked = {"permission": "device:view", "thing": "device:truck-7"}
    assert why(nora, caller="me", **asked)["allowed"] is False
    assert why(nora, caller="me", account="", **asked)["allowed"] is True
    assert ask(nora, caller="user:sam", **asked).status_code == 404


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"permission": "device:fly"}, "“device:fly” is not a permission of device. Valid: device:view"),
        ({"permission": "plane:view"}, "“plane:view” is not a permission: use kind:verb"),
        ({"permission": "device:view", "thing": "channel:hub"}, "device:view is asked of this kind: device."),
        ({"permission": "device:view", "thing": "plane:one"}, "“plane:one” has no kind in front."),
    ],
)
def test_unknown_names_are_refused_with_what_would_be_valid(browse, query, named):
    answer = ask(browse("nora"), caller="user:sam", **query)
    assert answer.status_code == 400
    assert named in answer.context["problem"]


# --- Without a thing, without a permission


def test_without_a_thing_it_lists_where_they_may(browse):
    page = ask(browse("nora"), caller="user:sam", permission="device:view")
    assert [(one["label"], one["url"]) for one in page.context["things"]] == [
        ("Truck 7", "/access/?caller=user%3Asam&permission=device%3Aview&thing=device%3Atruck-7")
    ]
    assert [
        one["label"] for one in ask(browse("nora"), caller="user:anna", permission="device:create").context["things"]
    ] == ["Northwind"]


def test_the_list_leaves_out_what_the_asker_does_not_see(browse, cast):
    create_grant(CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["truck_8"],),
                 grantees=[cast.accounts["shop"]], key="truck-for-the-shop")  # fmt: skip
    page = ask(browse("carla"), caller="user:shira", permission="device:view")
    assert [one["label"] for one in page.context["things"]] == ["Scooter"]
    assert [one["label"] for one in ask(browse("shira"), permission="device:view").context["things"]] == [
        "Scooter",
        "Truck 8",
    ]


def test_without_a_permission_it_shows_all_that_can_be_asked(browse, cast):
    page = ask(browse("nora"), caller="user:sam", thing="device:truck-7")
    had = {one["name"] for one in page.context["verbs"] if one["allowed"]}
    names = [one["name"] for one in page.context["verbs"]]
    assert had == engine.look(cast.actor("sam")).mark([cast.items["truck_7"]], names)[cast.items["truck_7"].pk]
    assert "device:create" not in names


# --- Who can, what can they do


def test_who_can_lists_whom_the_asker_sees(browse):
    page = ask(browse("nora"), "who/", permission="device:view", thing="device:truck-7", type="user")
    assert sorted(one["label"] for one in page.context["holders"]) == ["adam", "lee", "nora", "sam"]
    counts = {one["label"]: one["count"] for one in page.context["types"]}
    assert counts["Users"] == 4
    assert page.context["holders"][0]["url"].startswith("/access/?caller=user")
    sams = ask(browse("sam"), "who/", permission="device:view", thing="device:truck-7")
    assert {(one["label"], one["note"]) for one in sams.context["holders"]} >= {("sam", "Northwind")}
    assert "nora" not in sams.content.decode()


def test_who_can_is_not_answered_about_foreign_things(browse):
    foreign = ask(browse("nora"), "who/", permission="device:view", thing="device:rover")
    absent = ask(browse("nora"), "who/", permission="device:view", thing="device:absent")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert scrubbed(foreign, "rover") == scrubbed(absent, "absent")


def test_the_matrix_is_the_engines(browse, cast):
    page = ask(browse("nora"), "matrix/", caller="user:sam", all="1")
    access = engine.look(cast.actor("sam")).access
    signs = {}
    for group in page.context["matrix"]["groups"]:
        for kind in group["kinds"]:
            for cell in kind["cells"] + [one for section in kind["sections"] for one in section["cells"]]:
                if cell["note"]:
                    signs[cell["note"]] = cell["sign"]
    words = {"all": "yes", "some": "partly", "none": "no"}
    expected = {
        name: words[amount] for kind in access.values() for name, amount in kind.items() if name != "account:operate"
    }
    assert signs == expected
    assert page.context["matrix"]["groups"][0]["kinds"][0]["cells"][0]["url"] == (
        "/access/?caller=user%3Asam&permission=device%3Aview"
    )


def test_the_matrix_of_somebody_unseen_is_not_shown(browse):
    assert ask(browse("carla"), "matrix/", caller="user:nora").status_code == 404
    assert ask(browse("carla"), "matrix/", caller="user:absent").status_code == 404
    assert browse("carla").get("/access/matrix/").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_statements_does_not_grow(browse, cast, rows):
    create_items(
        CONSOLE, [ItemSpec(account=cast.accounts["acme"], kind="device", name=f"Meter {n}") for n in range(rows)]
    )
    alma = browse("alma")
    alma.get("/access/")
    with statements() as made:
        assert len(ask(alma, permission="device:view").context["things"]) == rows + 1
    assert made == of_page(2)
    with statements() as made:
        assert why(alma, permission="device:view", thing="device:rover")["allowed"] is True
    assert made == of_page(4, things=2)
    with statements() as made:
        assert ask(alma, "who/", permission="device:view", thing="device:rover").context["asked"] is True
    assert made == of_page(11, epochs=2, facts=1, things=3)
    with statements() as made:
        assert ask(alma, "matrix/").status_code == 200
    assert made == of_page(0)


@pytest.mark.checklist("E07")
def test_who_can_asks_about_so_many_callers_and_says_when_there_are_more(browse, cast, monkeypatch):
    asked = {"permission": "device:view", "thing": "device:truck-7"}
    everybody = reverse.who("device:view", cast.items["truck_7"])
    assert reverse.first_of_all("device:view", cast.items["truck_7"], None, most=len(everybody) + 9).is_cut is False
    compiled = []
    compile_one = compiling.ScopeCompiler.compile
    watch = lambda compiler, actor: compiled.append(actor) or compile_one(compiler, actor)  # noqa: E731
    monkeypatch.setattr(compiling.ScopeCompiler, "compile", watch)
    keeping.forget()
    few = reverse.first_of_all("device:view", cast.items["truck_7"], None, most=3)
    first = [(one.type, one.id) for one in everybody[: len(few.listed)]]
    assert ([(one.type, one.id) for one in few.listed], few.is_cut, len(compiled)) == (first, True, 3)
    monkeypatch.setitem(reverse.first_of_all.__kwdefaults__, "most", 3)
    said = str(left_out(few))
    for page in (
        ask(browse("nora"), "who/", **asked),
        browse("nora").get("/items/device/truck-7/access/"),
        browse("nora").get("/accounts/northwind/access/"),
    ):
        assert page.status_code == 200
        assert said in unescape(page.content.decode())
