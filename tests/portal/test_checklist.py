"""Rows of the security checklist that stand in no other test: passwords, ways in, origins, files, the log's readers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol import settings as production
from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.signing_in.new_passwords import set_password
from portal.api.frame.authentication import BearerAuthentication, SessionAuthentication
from portal.declared import PUBLIC
from portal.pages.sign_in.forms import SignInForm
from portal.signed_in.session_store import SessionStore
from tests.contracts.source import ROOT
from tests.portal.walking import addresses
from tests.world import PASSWORD, Cast, build_cast

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"


@pytest.fixture
def cast(db: None) -> Cast:
    cache.clear()
    return build_cast()


@pytest.fixture
def anna(cast: Cast):
    return cast.people["anna"]


def sign_in(username: str, password: str = PASSWORD):
    return Client().post(SIGN_IN, {"login": username, "password": password})


def lets_in(username: str, password: str = PASSWORD) -> bool:
    return sign_in(username, password).status_code == 302


def takes(cast: Cast, password: str) -> bool:
    """Whether somebody may choose this password, and then signs in with it."""
    try:
        set_password(cast.actor("anna"), cast.people["anna"], password)
    except Invalid as error:
        assert list(error.errors) == ["password"]
        return False
    return lets_in("anna", password)


@pytest.mark.checklist("A01")
def test_a_password_has_fifteen_characters_as_it_is_the_only_factor(cast):
    assert not takes(cast, "garnet-otter-5")
    assert takes(cast, "garnet-otter-51")


@pytest.mark.checklist("A02")
@pytest.mark.parametrize("password", ["garnet otter " * 5, "Жёлтый трактор едет 🚜 далеко", " lead and trail of it "])
def test_long_passwords_with_spaces_and_any_letters_are_taken_as_they_are(cast, password):
    assert takes(cast, password)
    assert not lets_in("anna", password.strip().upper())


@pytest.mark.checklist("A02")
def test_no_password_is_cut(cast):
    long = "garnet otter over " * 11 + "ab"
    assert len(long) == 200
    assert takes(cast, long)
    assert not lets_in("anna", long[:-1] + "c")
    assert not lets_in("anna", long[:-1])


@pytest.mark.checklist("A03")
@pytest.mark.parametrize(
    "password", ["garnetotteroverhill", "GARNETOTTEROVERHILL", "739184620573918", "--==++//((**))--"]
)
def test_no_password_must_be_composed_of_sorts_of_characters(cast, password):
    assert takes(cast, password)


@pytest.mark.checklist("A04")
def test_no_password_ends_by_its_age(cast, anna):
    long_ago = timezone.now() - timedelta(days=3650)
    User.objects.filter(pk=anna.pk).update(date_joined=long_ago, last_login=long_ago)
    assert sign_in("anna")["Location"] == "/"


@pytest.mark.checklist("A09")
def test_passwords_are_kept_by_argon2id_and_older_ones_become_so_at_the_next_sign_in(cast, anna, settings):
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    assert make_password("x").startswith("argon2$argon2id$")
    User.objects.filter(pk=anna.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert lets_in("anna")
    anna.refresh_from_db()
    assert identify_hasher(anna.password).algorithm == "argon2"
    assert lets_in("anna")


def answered(username: str, password: str) -> tuple[int, str]:
    """What a sign-in answers, without what differs at every page: the key of the form and what was typed."""
    answer = sign_in(username, password)
    text = re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode())
    return answer.status_code, text.replace(username, "")


@pytest.mark.checklist("A11")
def test_a_known_and_an_unknown_name_get_one_answer(cast):
    known, unknown = answered("anna", "wrong password here"), answered("nobody", "wrong password here")
    assert known == unknown
    assert known[0] == 200


@pytest.mark.checklist("S01")
def test_who_knew_the_cookie_before_the_sign_in_holds_nothing_after_it(cast):
    """A session that somebody slipped in: it is there, and nobody's."""
    known = SessionStore()
    known["seen"] = "yes"
    known.save()
    browser, stolen = Client(), Client()
    browser.cookies["session"] = stolen.cookies["session"] = str(known.session_key)
    assert browser.post(SIGN_IN, {"login": "anna", "password": PASSWORD})["Location"] == "/"
    assert browser.cookies["session"].value != known.session_key
    assert (browser.get("/profile/").status_code, stolen.get("/profile/").status_code) == (200, 302)


@pytest.mark.checklist("A17")
def test_signing_in_asks_for_nothing_but_name_and_password(cast):
    assert set(SignInForm().fields) == {"login", "password"}
    told = Client().get(SIGN_IN).content.decode().lower()
    assert not [word for word in ("secret question", "hint:", "maiden name") if word in told]


#: Every address that asks for no sign-in, and why.
OPEN = {
    "sign-in/": "by password",
    "sign-in/code/": "the second step, for whoever has a second factor",
    "sign-in/passkey/": "by a passkey, which is two factors at once",
    "sign-in/token/": "by a token",
    "sign-in/provider/": "which identity provider speaks for the domain of an address; signs nobody in",
    "sign-in/provider/<str:key>/": "leads to the identity provider of an account",
    "sign-in/provider/<str:key>/back/": "by an identity provider's signed word, once, in the browser that asked",
    "sign-in/installation/": "leads to the identity provider of the installation",
    "sign-in/installation/back/": "by its signed word, as above",
    "sign-out/": "asks, then ends the session",
    "tools/open/": "by an access link, whose key is posted",
    "sign-in/confirm/": "sends a mail to whoever gave the right password; signs nobody in",
    "sign-up/": "sends a mail; signs nobody in",
    "sign-up/<str:key>/": "sends a mail; signs nobody in",
}


@pytest.mark.checklist("A20")
def test_every_way_in_is_listed_and_there_is_no_second_sign_in():
    pages = {one.pattern for one in addresses() if one.endpoint is None and one.declared == PUBLIC}
    ways = {pattern for pattern in pages if "sign" in pattern or "open" in pattern}
    assert ways == set(OPEN)
    assert configured.AUTHENTICATION_BACKENDS == ["accesscontrol.access.doors.backend.EngineBackend"]
    endpoints = [one.endpoint for one in addresses() if one.endpoint is not None]
    assert endpoints
    ways = {each.authentication_classes for each in endpoints if each.authentication_classes}
    assert ways == {(BearerAuthentication, SessionAuthentication)}
    closed = [each for each in endpoints if not each.authentication_classes]
    assert all(set(each.declares.values()) == {PUBLIC} for each in closed)


@pytest.mark.checklist("W09")
@pytest.mark.parametrize(
    "path", ["/", SIGN_IN, "/api/v1/items/", "/api/", "/access/v1/evaluation", "/static/css/portal.css"]
)
@pytest.mark.parametrize("method", ["get", "options", "post"])
def test_no_other_origin_is_let_in(cast, path, method):
    client = APIClient()
    client.force_login(cast.people["nora"])
    asked = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "POST"}
    answer = getattr(client, method)(path, headers=asked)
    assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []


#: What a page needs of static files, and the licences that come with them.
SERVED = {".css", ".js", ".svg", ".woff2", ".woff", ".png", ".ico", ".json", ".txt", ".md", ""}


@pytest.mark.checklist("C04")
def test_only_known_sorts_of_files_are_served_and_no_folder_is_listed(client):
    files = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    assert files
    assert {path.suffix for path in files} <= SERVED
    assert not [path for path in files if any(part.startswith(".") for part in path.relative_to(ROOT).parts)]
    for path in ("/.git/config", "/.git/HEAD", "/.env", "/static/", "/static/css/", "/static/../.env", "/manage.py"):
        assert client.get(path).status_code in (302, 404)
        assert b"Index of" not in client.get(path, follow=True).content


#: Whose account somebody makes a place in.
OWN = {"nora": "northwind", "carla": "contoso", "alma": "acme"}


@pytest.mark.checklist("L09")
def test_each_reader_takes_the_lines_of_their_own_accounts_out_whole(cast):
    """Page by page by REST, which is also the way to take them elsewhere."""
    for person in ("nora", "carla", "alma"):
        client = APIClient()
        client.force_login(cast.people[person])
        client.post("/api/v1/items/", {"kind": "place", "name": "Yard", "account": OWN[person]}, format="json")
        seen = {one["key"] for one in client.get("/api/v1/accounts/?limit=100").json()["results"]}
        answer = client.get("/api/v1/events/?limit=1").json()
        found = list(answer["results"])
        while answer["next"] is not None:
            answer = client.get(answer["next"]).json()
            found += answer["results"]
        assert {line["account"] for line in found} <= seen
        assert len({line["id"] for line in found}) == len(found)
        assert [line["thing_name"] for line in found if line["action"] == "item.create"].count("Yard") >= 1
