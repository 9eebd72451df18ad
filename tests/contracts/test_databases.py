"""The databases of the tests themselves: the triggers stand in them, before and after every test."""

from __future__ import annotations

import pytest
from django.core.management import get_commands
from django.db import DatabaseError, connection, transaction

from accesscontrol import settings as base
from accesscontrol.access.fresh import triggers
from accesscontrol.audit.models import ChainHead


def make_head() -> ChainHead:
    return ChainHead.objects.create(chain=77, position=1)


@pytest.mark.both
@pytest.mark.django_db
def test_the_test_database_has_the_triggers_that_are_declared():
    assert triggers.declared(connection)
    assert triggers.differences(connection) == []


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_with_real_transactions_starts_with_empty_guarded_tables(turn):
    """Run twice: the second turn finds neither the row of the first nor a trigger missing."""
    assert ChainHead.objects.count() == 0
    assert triggers.differences(connection) == []
    make_head()
    with pytest.raises(DatabaseError), transaction.atomic():
        ChainHead.objects.all().delete()
    assert ChainHead.objects.count() == 1


@pytest.mark.checklist("L08")
def test_the_command_that_empties_the_audit_log_exists_in_tests_only():
    """A real installation has Django's own flush, which the triggers refuse."""
    assert get_commands()["flush"] == "tests.flushing"
    assert [app for app in base.INSTALLED_APPS if app.startswith("tests")] == []
