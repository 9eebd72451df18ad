"""Attacks on joining: rules of registration got round, links that reach the wrong reader, secrets in the log."""

from __future__ import annotations

import logging
from datetime import timedelta
from logging.config import DictConfigurator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.logs import logging_config
from accesscontrol.services.joining.invitations import invite_user
from accesscontrol.services.joining.registration import change_registration
from accesscontrol.services.tokens.tokens import create_token
from portal.pages.joining import links
from tests.portal.joining.conftest import PASSWORD, links_in, sent

__all__ = ["sent"]
TWICE = {"password": PASSWORD, "again": PASSWORD}


def ask(door: str, email: str) -> None:
    cache.clear()
    Client().post(door, {"email": email})


# --- Rules of registration


@pytest.mark.parametrize("barred", ["bücher.example", "xn--bcher-kva.example"])
@pytest.mark.parametrize(
    "written", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "bücher。example", "XN--BCHER-KVA.example"]
)
def test_a_barred_domain_is_barred_however_it_is_written(cast, sent, barred, written):
    change_registration(cast.actor("nora"), cast.accounts["northwind"], public=True, barred_domains=(barred,))
    assert sent(lambda: ask("/sign-up/northwind/", f"x@{written}")) == []


@pytest.mark.parametrize("written", ["bücher.example", "xn--bcher-kva.example", "post.BÜCHER.example"])
def test_an_allowed_domain_is_allowed_however_it_is_written(cast, sent, written):
    rules = {"public": True, "allowed_domains": ("Bücher.example",)}
    change_registration(cast.actor("nora"), cast.accounts["northwind"], **rules)
    assert len(sent(lambda: ask("/sign-up/northwind/", f"x@{written}"))) == 1


def test_who_registers_takes_no_address_of_somebody_else_as_a_name(cast, sent):
    User.objects.filter(username="sam").update(proven_at=timezone.now())
    change_registration(cast.actor("nora"), cast.accounts["northwind"], public=True)
    [letter] = sent(lambda: ask("/sign-up/northwind/", "stranger@home.example"))
    for name in ("sam@northwind.example", "somebody@else.example"):
        answer = Client().post(links_in(letter)[0], {"username": name, **TWICE})
        assert answer.status_code == 200
        assert "username" in answer.context["form"].errors
    own = Client().post(links_in(letter)[0], {"username": "stranger@home.example", **TWICE})
    assert own.status_code == 302


# --- Readers


def test_a_reset_goes_to_each_address_as_it_is_written(cast, sent):
    """Folded, strauß and strauss are one; as mailboxes they are two, and each reads only what is theirs."""
    now, account = timezone.now(), cast.accounts["northwind"]
    for name, email in (("victim", "strauss@home.example"), ("robber", "strauß@home.example")):
        User.objects.create(account=account, username=name, email=email, proven_at=now, verified=True, password="x")
    letters = sent(lambda: ask("/forgotten/", "strauss@home.example"))
    assert {letter.to[0]: ["victim" in letter.body, "robber" in letter.body] for letter in letters} == {
        "strauss@home.example": [True, False], "strauß@home.example": [False, True],
    }  # fmt: skip


def test_who_asks_to_sign_up_again_reads_only_of_their_own_address(cast, sent):
    now, account = timezone.now(), cast.accounts["northwind"]
    for name, email in (("victim", "strauss@home.example"), ("robber", "strauß@home.example")):
        User.objects.create(account=account, username=name, email=email, proven_at=now, verified=True, password="x")
    letters = sent(lambda: ask("/sign-up/", "strauss@home.example"))
    assert {letter.to[0]: ["victim" in letter.body, "robber" in letter.body] for letter in letters} == {
        "strauss@home.example": [True, False], "strauß@home.example": [False, True],
    }  # fmt: skip


# --- Makers


def test_an_invitation_by_a_token_for_some_networks_is_answered_from_anywhere(cast, sent):
    made = create_token(
        cast.actor("nora"), cast.accounts["northwind"], name="HR", type="master", allowed_addresses=("192.0.2.0/24",),
        expires_at=timezone.now() + timedelta(days=30),
    )  # fmt: skip
    actor = Actor.of(made.token, address="192.0.2.9")
    [letter] = sent(lambda: invite_user(actor, cast.accounts["northwind"], username="mia", email="mia@home.example"))
    assert Client().get(links_in(letter)[0]).status_code == 200
    assert Client().post(links_in(letter)[0], TWICE).status_code == 302


# --- Lines of the log


def test_no_line_of_the_log_shows_the_secret_of_a_link(cast, sent, caplog):
    [letter] = sent(
        lambda: invite_user(cast.actor("nora"), cast.accounts["northwind"], username="mia", email="mia@home.example")
    )
    path = links_in(letter)[0]
    caplog.clear()
    assert Client(enforce_csrf_checks=True).post(path, TWICE).status_code == 403
    assert 429 in [Client().post(path, {"password": "x", "again": "y"}).status_code for _ in range(22)]
    told = "\n".join(as_written(record) for record in caplog.records)
    assert path.split("/")[2] not in told
    assert "/join/[removed]/" in told


def as_written(record: logging.LogRecord) -> str:
    config = logging_config("INFO")
    return DictConfigurator(config).configure_formatter(config["formatters"]["json"]).format(record)


def test_every_address_that_holds_a_secret_is_known_to_the_log():
    for page in links.urlpatterns:
        address = reverse(page.name, args=["S3cret-of:it"])
        record = logging.LogRecord(
            "django.server", logging.INFO, __file__, 1, f'"GET {address} HTTP/1.1" 200', (), None
        )
        assert "S3cret" not in as_written(record), page.name


# --- Mail


def test_nobody_writes_to_many_strangers_from_their_own_page(cast, browse, sent):
    sam = browse("sam")
    mails = sent(lambda: [sam.post("/profile/address/", {"email": f"x{n}@home.example"}) for n in range(9)])
    assert len(mails) == 5


def test_a_mail_leads_where_the_settings_say_whatever_host_was_asked(cast, sent):
    User.objects.filter(username="sam").update(proven_at=timezone.now())
    asked = {"email": "sam@northwind.example"}
    [letter] = sent(lambda: Client().post("/forgotten/", asked, HTTP_HOST="localhost:9999"))
    assert "localhost" not in letter.body
    assert "localhost" not in letter.alternatives[0].content
    assert Client().post("/forgotten/", asked, HTTP_HOST="evil.example").status_code == 400


def test_names_in_a_mail_are_words(cast, sent):
    account = cast.accounts["northwind"]
    account.name = '<a href="https://evil.example">North</a>'
    account.save(update_fields=["name"])
    name = "<img src=x>"
    [letter] = sent(
        lambda: invite_user(cast.actor("nora"), account, username="mia", email="mia@home.example", first_name=name)
    )
    html = letter.alternatives[0].content
    assert ("<img" in html, 'href="https://evil' in html) == (False, False)
    assert ("&lt;img" in html, "&lt;a href" in html) == (True, True)


@pytest.mark.parametrize("bad", ["x@home.example\nBcc: y@evil.example", "x@home.example\r\n\r\nhello", "a b@c.example"])
def test_no_address_brings_lines_of_its_own_into_a_mail(cast, sent, bad):
    sam = User.objects.get(username="sam")
    sam.email, sam.proven_at = bad, timezone.now()
    sam.save()
    assert sent(lambda: ask("/forgotten/", bad)) == []
    assert sent(lambda: ask("/sign-up/", bad)) == []


def test_the_mail_of_a_demo_is_shown_nowhere_else(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert [Client().get(path).status_code for path in ("/demo-mail/", "/demo-mail/x/")] == [404, 404]
