"""Decisions on the large world, beside guardian's own check and a plain Django query in the same run."""

from __future__ import annotations

from django.contrib.auth.models import Permission as AuthPermission
from guardian.core import ObjectPermissionChecker

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled import keeping as freshness
from accesscontrol.access.decision import Question
from accesscontrol.access.doors import reverse
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item, ItemUserObjectPermission
from benchmarks.timing import beside


def measure() -> int:
    """Print microseconds a check and ratios; 1 when an answer is not what it must be."""
    owner, subuser = (User.objects.get(username=f"{who}.account-0") for who in ("owner", "sub"))
    actor, sub = Actor.of(owner), Actor.of(subuser)
    items = list(Item.objects.filter(kind="device", account=owner.account)[:1000])
    assigned = Item.objects.filter(shares__user=subuser, kind="device").first()
    rows = {
        "decide, warm, strict (epochs read)": (lambda: engine.decide(actor, "device:view", items[0]), 1),
        "decide, cold": (lambda: (freshness.forget(), engine.decide(actor, "device:view", items[0])), 1),
        f"decide_many, {len(items)} things": (lambda: _many(actor, items), len(items)),
        "decide, subuser's assignment": (lambda: engine.decide(sub, "device:view", assigned), 1),
        "who may view a device": (lambda: reverse.who("device:view", items[0]), 1),
        "list page of 50": (lambda: list(engine.visible(actor, "device:view").order_by("name_order", "id")[:50]), 1),
        "guardian has_perm": (lambda: ObjectPermissionChecker(subuser).has_perm("view_item", assigned), 1),
        "Django .filter().exists()": (lambda: _exists(subuser, assigned), 1),
    }
    guardian = rows["guardian has_perm"][0]
    print(f"{'check':<40}{'µs':>12}{'guardian is … times as slow':>32}")
    for label, (act, number) in rows.items():
        each, base = beside(act, guardian)
        print(f"{label:<40}{each / number:>12.1f}{base * number / each:>32.2f}")
    wrong = [item for item, decision in zip(items, _many(actor, items), strict=True) if not decision]
    return 1 if wrong or not engine.decide(sub, "device:view", assigned) else 0


def _many(actor: Actor, items: list[Item]) -> list:
    return engine.decide_many([Question(actor, "device:view", item) for item in items])


def _exists(user: User, item: Item) -> bool:
    view = AuthPermission.objects.filter(codename="view_item")
    return ItemUserObjectPermission.objects.filter(user=user, content_object=item, permission__in=view).exists()
