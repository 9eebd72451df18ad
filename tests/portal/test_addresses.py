"""An IPv4 address inside IPv6 is that IPv4 address, asked or stored: in calls, decisions, pages, tokens and files."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.law.limits import wrong_address
from accesscontrol.accounts.addresses import are_inside, one_inside, plain_networks, read_address, read_network
from accesscontrol.services.tokens.tokens import change_token, create_token, token_spec
from accesscontrol.services.world.planning import make_plan
from accesscontrol.tokens.models import Token
from portal.actors import client_address
from tests.accesscontrol.world_files import exported, run, writer
from tests.oracle.facts import address_of, network_of
from tests.portal.api.asking import ask, entity
from tests.portal.browser import Browser
from tests.portal.knowing import KnowingClient
from tests.world import CONSOLE, Cast, build_cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]
HOST = "192.0.2.7"
SPELLINGS = (HOST, "::ffff:192.0.2.7", "::FFFF:c000:207", "0:0:0:0:0:ffff:c000:0207", "::ffff:192.0.2.7%eth0")
#: The same network, and the one address, as people may write them.
NETWORKS = (
    ("192.0.2.0/24", "::ffff:192.0.2.0/120", "::ffff:c000:200/120", "192.0.2.0/255.255.255.0"),
    ("192.0.2.7/32", "192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207/128"),
    ("0.0.0.0/0", "::ffff:0:0/96", "::ffff:0.0.0.0/96"),
)
EACH = [(written[0], one) for written in NETWORKS for one in written]


@pytest.fixture
def cast() -> Cast:
    return build_cast()


# --- How they are read


def inside(address: IPv4Address) -> st.SearchStrategy[str]:
    mapped = IPv6Address(0xFFFF << 32 | int(address))
    return st.sampled_from([str(address), str(mapped), mapped.exploded, mapped.exploded.upper(), f"::ffff:{address}"])


@given(data=st.data(), address=st.ip_addresses(v=4))
def test_any_two_spellings_of_an_address_are_one(data, address):
    assert read_address(data.draw(inside(address))) == address


@given(address=st.ip_addresses(v=6))
@example(address=IPv6Address("::192.0.2.7"))
@example(address=IPv6Address("2002:c000:207::1"))
def test_an_address_of_ipv6_stays_what_it_is(address):
    assert str(read_address(str(address))) == str(address_of(str(address)))


@st.composite
def networks(draw) -> str:
    """A network of IPv4, also as one of IPv6, or one of IPv6."""
    address = draw(st.ip_addresses())
    if isinstance(address, IPv4Address):
        network = IPv4Network((address, draw(st.integers(0, 32))), strict=False)
        return draw(st.sampled_from([str(network), f"::ffff:{network[0]}/{network.prefixlen + 96}"]))
    return str(read_network(f"{address}/{draw(st.integers(0, 128))}", strict=False))


@given(network=networks(), other=networks(), address=st.ip_addresses())
@example(network="::/80", other="::/80", address=IPv4Address("255.255.255.255"))
def test_who_may_call_is_what_the_law_says(network, other, address):
    within = address_of(str(address)) in network_of(network)
    assert (wrong_address([network], str(address)) is None) == within
    assert wrong_address([network], one_inside([network])) is None
    last = str(network_of(network)[-1])  # of ::/80 it is an address of IPv4, and that is none of IPv6
    assert (wrong_address([network], last) is None) == (address_of(last) in network_of(network))
    narrow, wide = network_of(network), network_of(other)
    assert are_inside([network], [other]) == (narrow.version == wide.version and narrow.subnet_of(wide))


@given(networks=st.lists(networks(), max_size=4))
def test_what_is_stored_has_one_form(networks):
    plain = plain_networks(networks)
    assert plain == plain_networks(plain) == tuple(dict.fromkeys(str(network_of(network)) for network in networks))


@pytest.mark.parametrize("written", ["", "10.0.0.1/8", "fe80::1%eth0/64", "::ffff:10.0.0.1/104", "here", "\x00", "1"])
def test_what_is_no_network_stays_to_be_told(written):
    assert plain_networks([written]) == (written,)
    with pytest.raises(ValueError, match=r"^"):
        read_network(written)


# --- Where a call comes from


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_call_comes_from_the_address(settings, spelling):
    settings.TRUSTED_PROXIES = []
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=spelling)) == HOST
    settings.TRUSTED_PROXIES = ["::ffff:10.0.0.0/104"]
    forwarded = {"X-Forwarded-For": f"198.51.100.1, {spelling}, ::ffff:10.0.0.2"}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=forwarded)) == HOST


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("stored", ["192.0.2.0/24", "::ffff:192.0.2.0/120", "::ffff:192.0.2.7"])
def test_a_stored_list_counts_however_it_was_written(cast, stored, spelling):
    """Old rows included: they were stored as they came."""
    Token.objects.filter(key="t-master").update(allowed_addresses=[stored])
    secret = cast.tokens["master"].secret
    call = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert call.get("/api/v1/items/", REMOTE_ADDR=spelling).status_code == 200
    assert call.get("/api/v1/items/", REMOTE_ADDR="198.51.100.7").status_code == 401
    token = cast.tokens["master"].token
    for address, allowed in ((spelling, True), ("198.51.100.7", False)):
        actor = Actor.of(token, address=address)
        assert engine.decide(actor, "device:view", cast.items["truck_7"]).allowed == allowed
        assert engine.visible(actor, "device:view").exists() == allowed


# --- What-if addresses


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_question_is_asked_from_the_address(cast, spelling):
    change_token(CONSOLE, cast.tokens["viewer"].token, allowed_addresses=("192.0.2.0/24",))
    browser, program = Browser(), KnowingClient()
    browser.force_login(cast.people["nora"])
    program.force_login(cast.people["nora"])
    asked = {"caller": "token:t-viewer", "permission": "device:view", "thing": "device:truck-7", "address": spelling}
    assert browser.get("/access/", asked).context["why"]["allowed"] is True
    body = {
        "subject": entity("token", "t-viewer"), "action": {"name": "view"}, "resource": entity("device", "truck-7"),
        "context": {"address": spelling},
    }  # fmt: skip
    assert ask(program, body).json()["decision"] is True


# --- Lists of tokens


@pytest.mark.parametrize(("plain", "written"), EACH)
def test_every_door_stores_the_one_form(cast, plain, written, tmp_path):
    browser, program = Browser(), KnowingClient()
    browser.force_login(cast.people["nora"])
    program.force_login(cast.people["nora"])
    fields = {"account": "northwind", "type": "master", "name": "Ours", "idle_ttl": 600}
    made = program.post("/api/v1/tokens/", {**fields, "allowed_addresses": [written, plain]}, format="json").json()
    assert made["allowed_addresses"] == [plain]
    changed = program.patch(f"/api/v1/tokens/{made['key']}/", {"allowed_addresses": [written]}, format="json").json()
    assert changed["allowed_addresses"] == [plain]
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="master", name="M", idle_ttl=600,
                          allowed_addresses=(written, plain))  # fmt: skip
    assert (issued.token.allowed_addresses, token_spec(issued.token).allowed_addresses) == ([plain], (plain,))


def test_a_file_and_an_old_list_are_one_when_they_mean_the_same(cast, tmp_path):
    """What is spelt anew is no change: the plan stays empty, whichever of the two is the old spelling."""
    write = writer(tmp_path)
    Token.objects.filter(key="t-master").update(allowed_addresses=["::ffff:192.0.2.7", "192.0.2.7"])
    text = exported()
    assert 'allowed_addresses: ["192.0.2.7/32"]' in text
    for spelling in ("192.0.2.7", "::ffff:192.0.2.7/128", "192.0.2.7/32"):
        path = write(text.replace("192.0.2.7/32", spelling))
        assert make_plan(path).is_empty
    run("apply", write(text.replace("192.0.2.7/32", "::ffff:192.0.2.0/120")))
    assert Token.objects.get(key="t-master").allowed_addresses == ["192.0.2.0/24"]


def test_a_token_narrows_to_the_same_network_in_other_words(cast):
    """The list of a token's token lies within its own, whichever way either is written."""
    Token.objects.filter(key="t-master").update(allowed_addresses=["::ffff:192.0.2.0/120"])
    own = cast.tokens["master"].token
    made = create_token(Actor.of(own, address="192.0.2.9"), cast.accounts["northwind"], type="master", name="M",
                        expires_at=own.expires_at, allowed_addresses=(HOST,))  # fmt: skip
    assert made.token.allowed_addresses == ["192.0.2.7/32"]


each_of_a_few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(stored=st.lists(networks(), min_size=1, max_size=3), address=st.ip_addresses())
@each_of_a_few
def test_decisions_of_a_bound_token_are_what_the_law_says(cast, stored, address):
    Token.objects.filter(key="t-master").update(allowed_addresses=stored)
    expected = any(address_of(str(address)) in network_of(network) for network in stored)
    actor = Actor.of(cast.tokens["master"].token, address=str(address))
    assert engine.decide(actor, "device:view", cast.items["truck_7"]).allowed == expected
