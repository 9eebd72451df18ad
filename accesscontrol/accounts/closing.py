"""Deletion of a branch of accounts with everything that hangs on it, in statements about sets of rows.

Django's own deletion loads the rows into memory, which a branch with a million records does not bear. This one walks
the same foreign keys: rows that point at a deleted row go with it, or forget it where the key says SET_NULL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import models
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.deletion import CASCADE, DO_NOTHING, PROTECT, SET_NULL
from django.db.models.functions import Coalesce

from accesscontrol.accounts.models import Account

BATCH = 500


def delete_branch(branch: QuerySet[Account]) -> int:
    """Delete these accounts (a whole branch) and what hangs on them; gives the number of accounts.

    Containers of other accounts that held devices of the branch get their `device_count` counted anew.
    """
    containers = _outside_containers(branch)
    _delete_dependents(branch)
    _count_devices(containers)
    return _delete(branch)


def _outside_containers(branch: QuerySet[Account]) -> list[int]:
    """Items outside the branch that lose a device: one of the branch, or one linked by a grant to it or from it."""
    gone = Q(member__account__in=branch)
    for end in ("member_under", "container_under"):
        gone |= Q(**{f"{end}__account__in": branch}) | Q(**{f"{end}__grant__account__in": branch})
    links = apps.get_model("items", "ItemLink").objects.filter(gone, member__kind="device")
    return list(links.exclude(container__account__in=branch).values_list("container_id", flat=True).distinct())


def _count_devices(containers: list[int]) -> None:
    """Set `device_count` of these items from the links that are left."""
    links = apps.get_model("items", "ItemLink").objects.filter(member__kind="device", container=OuterRef("pk"))
    counted = links.order_by().values("container").annotate(devices=Count("pk")).values("devices")
    items = apps.get_model("items", "Item").objects
    for start in range(0, len(containers), BATCH):
        chunk = items.filter(pk__in=containers[start : start + BATCH])
        chunk.update(device_count=Coalesce(Subquery(counted), 0))


def _delete_dependents(rows: QuerySet) -> None:
    """Delete what points at these rows, deepest first, and blank the keys that may be empty.

    PROTECT guards against deletions in passing; to close an account is to delete what it protects too.
    """
    for relation in _relations(rows.model):
        key = relation.field
        if key.model is rows.model:
            continue  # parent and top of an account: those rows are in the branch themselves
        dependents = key.model._base_manager.filter(**{f"{key.name}__in": rows.values("pk")})
        if relation.on_delete in (CASCADE, PROTECT):
            _delete_dependents(dependents)
            _delete(dependents)
        elif relation.on_delete is SET_NULL:
            dependents.update(**{key.name: None})
        elif relation.on_delete is not DO_NOTHING:
            raise NotImplementedError(f"Closing an account does not know what to do with {key}.")


def _relations(model: type[models.Model]) -> Iterable[models.ForeignObjectRel]:
    """The foreign keys to a model, those of the apps listed last first: what others point at goes last."""
    return reversed(list(_foreign_keys_to(model)))


def _foreign_keys_to(model: type[models.Model]) -> Iterator[models.ForeignObjectRel]:
    for field in model._meta.get_fields(include_hidden=True):
        if field.auto_created and not field.concrete and (field.one_to_one or field.one_to_many):
            yield field


def _delete(rows: QuerySet) -> int:
    """One DELETE statement; the rows' dependents are gone already."""
    return rows.order_by()._raw_delete(rows.db)  # noqa: SLF001  (`delete` would read every row first)
