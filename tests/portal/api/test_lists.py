"""Lists: what each caller sees, in pages, orders and filters, and nothing of what they do not see."""

from __future__ import annotations

import pytest

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.permissions import PermissionSet, UnknownName
from portal.api.frame.reading import TimeFilter
from portal.filtering import takes_several
from tests.factories import GrantFactory, ProjectFactory, RecordFactory, RoleFactory, TokenFactory
from tests.portal.api.test_interface import endpoints
from tests.portal.telling import told_at
from tests.statements import of_page, statements

pytestmark = pytest.mark.both
V1 = "/api/v1"
NOUNS = ("accounts", "items", "users", "roles", "tokens", "grants", "projects", "events")
ITEMS = f"{V1}/items/"


def keys_of(answer, column: str = "key") -> set[str]:
    assert answer.status_code == 200, answer.content
    return {row[column] for row in answer.json()["results"]}


@pytest.mark.parametrize("noun", NOUNS)
def test_every_list_shows_what_is_visible_and_nothing_else(noun, person, cast):
    """Acme is another tree: it has a row of nearly every noun, and none of them shows to Northwind."""
    permission = "*:view" if noun == "items" else f"{noun.removesuffix('s')}:view"
    seen = {}
    for username in ("nora", "anna", "sam", "carla", "alma"):
        wanted = set(engine.visible(cast.actor(username), permission).values_list("pk", flat=True))
        seen[username] = keys_of(person(username).get(f"{V1}/{noun}/?limit=200"), "id")
        assert seen[username] == wanted
    assert seen["nora"], "nora has something to see"
    if noun in ("accounts", "items", "users", "events"):
        assert seen["alma"]
    assert seen["nora"] & seen["alma"] == set()


@pytest.mark.checklist("Z04")
def test_counts_and_filters_know_visible_rows_only(person, cast):
    siblings = person("frank").get(ITEMS).json()
    assert (siblings["count"], len(siblings["results"])) == (1, 1)
    assert person("nora").get(f"{ITEMS}?search=rover").json()["count"] == 0
    assert person("nora").get(f"{ITEMS}?account=acme").json()["count"] == 0
    assert person("nora").get(f"{ITEMS}?account=contoso").json()["count"] == 2
    assert keys_of(person("carla").get(ITEMS)) >= {"hub"}, "carla sees the hub by its grant"
    assert person("carla").get(f"{ITEMS}?account=northwind").json()["count"] == 0, "but not whose it is"


def test_a_pattern_lists_the_items_of_every_kind_that_has_it(cast):
    """`visible` with `*` in place of the kind is the union over the kinds; one that means several verbs is refused."""
    for username in ("nora", "sam", "anna", "carla"):
        actor = cast.actor(username)
        for rest in (":change", ".messages:view", ".logs:view", ".items:create"):
            named = PermissionSet.of([f"*{rest}"]).only(catalogue.ITEM_KINDS).names()
            expected = {pk for name in named for pk in engine.visible(actor, name).values_list("pk", flat=True)}
            assert set(engine.visible(actor, f"*{rest}").values_list("pk", flat=True)) == expected
    for wrong in ("*:create", "*:*", "*.messages:*", "*.nothing:view"):
        with pytest.raises(UnknownName):
            engine.visible(cast.actor("nora"), wrong)


def test_filters_orders_and_pages(person):
    nora = person("nora")
    assert keys_of(nora.get(f"{ITEMS}?kind=channel")) == {"hub"}
    assert keys_of(nora.get(f"{ITEMS}?search=TRUCK")) == {"truck-7", "truck-8"}
    assert keys_of(nora.get(f"{V1}/users/?authority=developer&account=northwind"), "username") == {"anna", "otto"}
    assert keys_of(nora.get(f"{V1}/accounts/?parent=northwind")) == {"contoso", "fabrikam"}
    down = [row["name"] for row in nora.get(f"{ITEMS}?ordering=-name").json()["results"]]
    assert down == sorted(down, reverse=True)
    first = nora.get(f"{ITEMS}?limit=5").json()
    second = nora.get(first["next"]).json()
    assert (first["count"], len(first["results"]), second["previous"] is not None) == (13, 5, True)
    assert {row["key"] for row in first["results"]} & {row["key"] for row in second["results"]} == set()


SEVERAL = [
    ("items", "kind=channel&kind=group", "kind=channel", "kind=group"),
    ("items", "account=contoso&account=fabrikam", "account=contoso", "account=fabrikam"),
    ("items", "search=truck&search=hub", "search=truck", "search=hub"),
    ("accounts", "parent=northwind&parent=contoso", "parent=northwind", "parent=contoso"),
    ("accounts", "blocked=true&blocked=false", "blocked=true", "blocked=false"),
    ("users", "authority=developer&authority=owner", "authority=developer", "authority=owner"),
    ("users", "search=nora&search=sam", "search=nora", "search=sam"),
    ("tokens", "type=master&type=acl", "type=master", "type=acl"),
    ("tokens", "user=anna&user=absent", "user=anna", "user=absent"),
    ("grants", "covers=kind&covers=items", "covers=kind", "covers=items"),
    ("events", "action=account.create&action=user.create", "action=account.create", "action=user.create"),
    ("events", "actor_type=system&actor_type=user", "actor_type=system", "actor_type=user"),
    ("events", "thing_type=account&thing_type=grant", "thing_type=account", "thing_type=grant"),
    ("items/truck-7/messages", "name=a&name=b", "name=a", "name=b"),
    ("items/truck-7/commands", "state=queued&state=done", "state=queued", "state=done"),
]


@pytest.mark.parametrize(("noun", "both", "first", "second"), SEVERAL)
def test_several_values_of_a_filter_are_any_of_them(noun, both, first, second, person, cast):
    for section, column, words in (("messages", "name", "abc"), ("commands", "state", ("queued", "done", "sent"))):
        for word in words:
            RecordFactory(item=cast.items["truck_7"], section=section, **{column: word})

    def found(query: str) -> set[int]:
        return keys_of(person("nora").get(f"{V1}/{noun}/?limit=200&{query}"), "id")

    assert found(both) == found(first) | found(second)
    assert found(f"{first}&{first}") == found(first)
    assert found(f"{first}&{first.partition('=')[0]}=") == found(first), "an empty field of a form names nothing"
    assert found(both)


def test_every_filter_of_every_list_says_whether_it_takes_several():
    """Times take one, what is chosen or named takes several: walked, so that a new filter is one or the other."""
    for pattern, view, _, _ in endpoints():
        if getattr(view, "filterset_class", None) is None:
            continue
        for name, one in view.filterset_class.base_filters.items():
            assert takes_several(one) != isinstance(one, TimeFilter), (pattern, name)


def test_events_are_paged_along_a_signed_cursor(person):
    nora = person("nora")
    found, address = [], f"{V1}/events/?limit=7"
    while address:
        page = nora.get(address).json()
        found += [(row["at"], row["id"]) for row in page["results"]]
        address = page["next"]
    assert len(found) > 20
    assert found == sorted(set(found), reverse=True)
    forged = nora.get(f"{V1}/events/?cursor=WyIyMDI2LTAxLTAxIiwxXQ")
    assert (forged.status_code, list(told_at(forged))) == (400, ["cursor"])


WRONG = [
    ("knid=device", "knid", "Valid: account, ident, kind, limit, offset, ordering, search."),
    ("kind=boat", "kind", "boat is not one of the available choices"),
    ("ordering=owner__email", "ordering", "Valid: name, -name, created_at, -created_at."),
    ("limit=0", "limit", "from 1 to 200"),
    ("limit=201", "limit", "from 1 to 200"),
    ("limit=ten", "limit", "from 1 to 200"),
    ("offset=99999999999999999999", "offset", "from 0 to 10000000"),
    ("search=%00", "search", "Null characters are not allowed"),
    ("kind=device&kind=boat", "kind", "boat is not one of the available choices"),
    ("limit=5&limit=6", "limit", "“limit” takes one value; these are 2."),
    ("ordering=name&ordering=-name", "ordering", "“ordering” takes one value; these are 2."),
    ("format=xml", "format", "Valid: json, api."),
    ("format=api&format=json", "format", "“format” takes one value; these are 2."),
    ("&".join(f"search={n}" for n in range(51)), "search", "Name at most 50 values at once."),
]


@pytest.mark.checklist("W05")
def test_a_wrong_parameter_is_refused_with_what_is_valid(person):
    nora = person("nora")
    for query, field, words in WRONG:
        answer = nora.get(f"{ITEMS}?{query}")
        assert (answer.status_code, [one.get("parameter") for one in answer.json()["errors"]]) == (400, [field])
        assert words in told_at(answer)[field][0]
    twice = nora.get(f"{V1}/events/?since=2026-01-01T00:00:00Z&since=2026-02-01T00:00:00Z")
    assert told_at(twice) == {"since": ["“since” takes one value; these are 2."]}


def test_related_things_are_named_only_where_they_are_visible(person):
    hub = person("carla").get(f"{ITEMS}hub/").json()
    assert (hub["account"], hub["links"]) == (None, [])
    assert person("nora").get(f"{ITEMS}hub/").json()["account"] == "northwind"
    truck = person("sam").get(f"{ITEMS}truck-7/").json()
    assert (truck["account"], truck["links"]) == ("northwind", ["van-a"])
    assert person("nora").get(f"{ITEMS}truck-7/").json()["links"] == ["hub", "van-a"]
    assert person("nora").get(f"{ITEMS}sensor/").json()["owner"] == "anna"


def test_settings_that_are_a_section_are_not_in_the_item(person):
    assert person("nora").get(f"{ITEMS}truck-7/").json()["settings"] is None
    assert person("nora").get(f"{ITEMS}hub/").json()["settings"] == {}


#: Noun → the statements that a list makes: its own are the count, the rows and related things.
MADE = {
    "accounts": of_page(3),  # whose notes the caller is told
    "items": of_page(4, things=0),
    "users": of_page(3, things=0),
    "roles": of_page(3, things=0),
    "tokens": of_page(4, things=0),
    "grants": of_page(5),
    "projects": of_page(4, things=0),
    "events": of_page(2),  # which names the caller is told
}


@pytest.mark.parametrize("noun", MADE)
def test_a_list_costs_the_same_queries_for_one_row_and_for_three(noun, person, cast):
    """A figure that no row adds to."""
    northwind, anna = cast.accounts["northwind"], cast.people["anna"]
    for number in range(3):
        GrantFactory(account=northwind)
        RoleFactory(account=northwind)
        TokenFactory(account=northwind, user=anna, name=f"A{number}")
        ProjectFactory(account=northwind, owner=anna, name=f"A{number}")
    nora = person("nora")
    for limit in (1, 3):
        nora.get(f"{V1}/{noun}/?limit={limit}")
        with statements() as made:
            rows = nora.get(f"{V1}/{noun}/?limit={limit}").json()["results"]
        assert (len(rows), made) == (limit, MADE[noun])
