"""Identity providers in world files: what a file says of them, and that no secret stands in one."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from accesscontrol.joining.models import IdentityProvider
from accesscontrol.services.providers.providers import client_of, set_provider
from accesscontrol.services.providers.specs import ProviderSpec
from tests.world import CONSOLE, build_cast

pytestmark = pytest.mark.django_db


def exported() -> str:
    out = StringIO()
    call_command("world", "export", stdout=out)
    return out.getvalue()


def apply(tmp_path, text: str) -> None:
    path = tmp_path / "world.yaml"
    path.write_text(text, encoding="utf-8")
    call_command("world", "apply", str(path), stdout=StringIO(), stderr=StringIO())


def test_a_provider_goes_out_and_comes_in_without_its_secret(tmp_path):
    cast = build_cast()
    set_provider(CONSOLE, cast.accounts["northwind"], ProviderSpec(
        name="Northwind", issuer="https://login.northwind.example", client_id="portal", secret="hush-hush",
        domains=("northwind.example",), roles=(("drivers", cast.dispatcher),),
    ))  # fmt: skip
    first = exported()
    assert ("hush-hush" in first, "https://login.northwind.example" in first) == (False, True)
    apply(tmp_path, first)
    assert client_of(IdentityProvider.objects.get()).secret == "hush-hush"
    apply(tmp_path, first.replace("login.northwind.example", "login.else.example"))
    row = IdentityProvider.objects.get()
    assert (row.issuer, client_of(row).secret) == ("https://login.else.example", "")
    assert list(row.group_roles.values_list("group", "role__key")) == [("drivers", "dispatcher")]
    line = next(one for one in exported().splitlines() if "provider:" in one)
    apply(tmp_path, exported().replace(line.strip(), "provider: {}"))
    assert (IdentityProvider.objects.count(), "provider" in exported()) == (0, False)
    apply(tmp_path, first)
    assert exported() == first


def test_where_a_file_says_nothing_of_a_provider_it_stays(tmp_path):
    cast = build_cast()
    set_provider(CONSOLE, cast.accounts["northwind"], ProviderSpec(
        name="Northwind", issuer="https://login.northwind.example", client_id="portal", domains=("northwind.example",)
    ))  # fmt: skip
    line = next(one for one in exported().splitlines() if "provider:" in one)
    apply(tmp_path, exported().replace(f"{line}\n", ""))
    assert IdentityProvider.objects.count() == 1
