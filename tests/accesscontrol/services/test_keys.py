"""The keys of tokens: form, checksum, digest, and finding a token by its key."""

from __future__ import annotations

import zlib
from datetime import timedelta

import pytest
from django.core import serializers
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accesscontrol.audit.models import EventDetail
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.tokens import rotate_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast


@pytest.mark.checklist("T01")
@pytest.mark.parametrize(("token_type", "prefix"), [("standard", "pts_"), ("master", "ptm_"), ("acl", "pta_")])
def test_a_key_has_prefix_random_part_and_checksum(token_type: str, prefix: str) -> None:
    made = {keys.new_secret(token_type) for _ in range(50)}
    assert len(made) == 50
    for key in made:
        assert key.startswith(prefix) and len(key) == 50 and keys.PATTERN.fullmatch(key)
        assert keys.well_formed(key)


def test_the_checksum_is_the_crc32_in_six_base62_digits() -> None:
    number = 0
    for digit in keys.checksum("pts_abc"):
        number = number * 62 + keys.BASE62.index(digit)
    assert number == zlib.crc32(b"pts_abc")


@pytest.mark.checklist("T02")
@pytest.mark.django_db
def test_a_wrong_checksum_is_refused_without_a_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = keys.new_secret("acl")
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    with django_assert_num_queries(0):
        found = [keys.find_token_by_key(bad) for bad in (wrong, "", "ptx_" + key[4:], key + "0", key[:-1], "pta_ü" * 9)]
    assert found == [None] * 6


def test_a_token_is_found_by_its_key_in_one_query(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    issued = cast.tokens["of_anna"]
    with django_assert_num_queries(1):
        found = keys.find_token_by_key(issued.secret)
        assert (found, found.user, found.account) == (issued.token, cast.people["anna"], cast.accounts["northwind"])
    assert keys.find_token_by_key(keys.new_secret("master")) is None


@pytest.mark.checklist("T03")
def test_no_key_is_stored_anywhere(cast: Cast) -> None:
    stored = serializers.serialize("json", Token.objects.all()) + str(list(EventDetail.objects.values_list("changes")))
    for issued in cast.tokens.values():
        assert issued.secret[4:44] not in stored
        assert issued.token.hint == f"{issued.secret[:4]}…{issued.secret[-4:]}"


@pytest.mark.checklist("T10")
def test_both_keys_count_within_the_overlap_only(cast: Cast) -> None:
    old = cast.tokens["viewer"]
    new = rotate_token(CONSOLE, old.token, overlap=timedelta(hours=1))
    assert keys.find_token_by_key(old.secret) == keys.find_token_by_key(new.secret) == old.token
    Token.objects.filter(pk=old.token.pk).update(previous_until=timezone.now())
    assert keys.find_token_by_key(old.secret) is None
    last = rotate_token(CONSOLE, old.token)
    assert keys.find_token_by_key(new.secret) is None
    assert keys.find_token_by_key(last.secret) == old.token


@pytest.mark.checklist("T13")
def test_the_last_use_is_written_at_most_once_a_minute(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = cast.tokens["viewer"].token
    keys.note_use(token, "10.0.0.1")
    keys.note_use(token, "10.0.0.2")
    assert Token.objects.get(pk=token.pk).last_used_address == "10.0.0.1"
    Token.objects.filter(pk=token.pk).update(last_used_at=timezone.now() - timedelta(seconds=61))
    keys.note_use(token, "10.0.0.2")
    assert Token.objects.get(pk=token.pk).last_used_address == "10.0.0.2"
