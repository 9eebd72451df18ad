"""The page and the endpoint of an account's identity provider: who sets it up, what they are told, and its secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.serializers import serialize

from accesscontrol.audit.models import Event
from accesscontrol.joining.models import IdentityProvider
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.frame.freshness import NotInPerson
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.providers.providers import OWNER_ONLY, change_provider, client_of, set_provider
from accesscontrol.services.providers.specs import ProviderSpec
from tests.portal.signing_in.provider import Provider, running
from tests.world import CONSOLE

pytestmark = pytest.mark.django_db
PAGE = "/accounts/northwind/provider/"


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    yield from running()


@pytest.fixture
def provider(server, settings) -> Provider:
    settings.PROVIDER_HOSTS_INSIDE = [server.host]
    return server


def filled_in(provider: Provider, **more: str) -> dict[str, str]:
    return {"name": "Northwind", "issuer": provider.issuer, "client_id": "portal", "secret": "hush-hush",
            "domains": "northwind.example\n@Mail.Northwind.example", "groups_claim": "groups",
            "roles": "drivers = dispatcher", "enabled": "on", **more}  # fmt: skip


def test_the_owner_sets_up_a_provider_and_its_secret_is_never_shown(cast, browse, provider):
    nora = browse("nora")
    answer = nora.post(PAGE, filled_in(provider))
    assert (answer.status_code, answer.url) == (302, PAGE)
    row = IdentityProvider.objects.get()
    assert (row.name, row.domains, client_of(row).secret, row.maker_id) == (
        "Northwind", ["mail.northwind.example", "northwind.example"], "hush-hush", cast.people["nora"].pk,
    )  # fmt: skip
    assert list(row.group_roles.values_list("group", "role__key")) == [("drivers", "dispatcher")]
    assert "hush-hush" not in serialize("json", [row, *Event.objects.all()])
    page = nora.get(PAGE).content.decode()
    assert ("hush-hush" in page, "/sign-in/provider/northwind/back/" in page, "drivers = dispatcher" in page) == (
        False, True, True,
    )  # fmt: skip
    assert nora.post(PAGE, filled_in(provider, secret="", name="Ours")).status_code == 302
    row.refresh_from_db()
    assert (row.name, client_of(row).secret) == ("Ours", "hush-hush")


def test_another_provider_wants_its_own_secret(cast, provider):
    set_provider(cast.actor("nora"), cast.accounts["northwind"], spec(secret="hush"))
    with pytest.raises(Invalid) as refused:
        change_provider(cast.actor("nora"), cast.accounts["northwind"], issuer="https://else.example")
    assert [problem.field for problem in refused.value.problems] == ["secret"]


def spec(**more) -> ProviderSpec:
    return ProviderSpec(**{"name": "Company", "issuer": "https://login.company.example", "client_id": "portal",
                           "domains": ("company.example",), **more})  # fmt: skip


@pytest.mark.checklist("W15")
@pytest.mark.parametrize(
    "issuer",
    ["http://login.company.example", "https://10.0.0.1", "https://127.0.0.1:8443", "https://[::1]", "https://localhost",
     "https://169.254.169.254", "https://user:pw@login.company.example", "ftp://login.company.example", "login"],
)  # fmt: skip
def test_an_address_inside_or_without_tls_is_not_asked(cast, browse, provider, issuer):
    page = browse("nora").post(PAGE, filled_in(provider, issuer=issuer))
    assert (page.status_code, IdentityProvider.objects.count()) == (200, 0)
    assert page.context["form"].errors.keys() == {"issuer"}


def test_an_administrator_of_the_account_does_not_set_it_up_and_one_above_does(cast, browse, provider):
    """Whoever sets it up could sign in as the owner."""
    page = browse("carl").post("/accounts/contoso/provider/", filled_in(provider, roles=""))
    assert str(OWNER_ONLY(account="Contoso")) in page.content.decode()
    assert IdentityProvider.objects.count() == 0
    assert browse("adam").post("/accounts/contoso/provider/", filled_in(provider, roles="")).status_code == 302
    assert IdentityProvider.objects.get().account.key == "contoso"
    for username in ("anna", "sam", "alma"):
        assert browse(username).get(PAGE).status_code in (403, 404)


def test_no_token_sets_it_up(cast):
    with pytest.raises(NotInPerson):
        set_provider(cast.token("master"), cast.accounts["northwind"], spec())


def test_the_preview_says_who_could_come_in(cast, browse, provider):
    page = browse("nora").post(f"{PAGE}preview/", filled_in(provider), headers={"HX-Request": "true"})
    said = " ".join(page.content.decode().split())
    assert "by an address of northwind.example, @Mail.Northwind.example can come into Northwind as a user" in said
    assert "has the role Dispatcher" in said
    assert IdentityProvider.objects.count() == 0


def test_the_page_says_when_its_maker_may_let_nobody_in_any_more(cast, browse):
    set_provider(cast.actor("nora"), cast.accounts["contoso"], spec())
    cast.people["nora"].is_active = False
    cast.people["nora"].save(update_fields=["is_active"])
    assert "Nobody new comes in by it now" in browse("carla").get("/accounts/contoso/provider/").content.decode()


def test_removing_asks_and_says_how_many_sign_in_by_it(cast, browse):
    set_provider(cast.actor("nora"), cast.accounts["northwind"], spec())
    nora = browse("nora")
    assert "Nobody has signed in by it yet" in nora.get(f"{PAGE}remove/").content.decode()
    assert nora.post(f"{PAGE}remove/").status_code == 302
    assert IdentityProvider.objects.count() == 0


def test_roles_are_those_of_the_account_or_above(cast):
    role = create_role(CONSOLE, cast.accounts["contoso"], name="Theirs", rights=())
    with pytest.raises(Invalid) as refused:
        set_provider(cast.actor("nora"), cast.accounts["northwind"], spec(roles=(("x", role), ("x", role))))
    assert [problem.field for problem in refused.value.problems] == ["roles", "roles", "roles"]


def test_a_role_by_group_is_said_whole_also_where_only_some_is_changed(cast, browse):
    said = {"roles": [{"group": "drivers"}]}
    answer = browse("nora").patch("/api/v1/accounts/northwind/provider/", said, "application/json", HTTP_IF_MATCH="*")
    assert (answer.status_code, [(one["pointer"], one["code"]) for one in answer.json()["errors"]]) == (
        400, [("#/roles/0/role", "required")]
    )  # fmt: skip
