"""Contoso Logistics: a company of its own, another tree, with which Northwind shares a little."""

from __future__ import annotations

from demo.clients import add_people, add_tokens
from demo.draft import Draft
from demo.fleets import fill


def add_contoso(draft: Draft, scale: float) -> None:
    """Contoso and its last-mile subsidiary."""
    draft.fields = {
        "limits": {"device": 300, "account": 5, "developer": 3},
        "registration": {"public": True, "allowed_domains": ["contoso.example"], "barred_usernames": ["admin", "root"]},
    }
    devices = fill(draft, max(6, round(60 * scale)))
    add_people(draft, devices, "carla.contoso")
    draft.user("cora.contoso", "administrator")
    draft.user("dev.cem", "developer")
    draft.user("lee.guest")
    for number in range(1, 4):
        draft.item(
            "device", f"Cem's board {number}", key=f"cem-board-{number}", owner="dev.cem", settings={"interval": 60}
        )
    draft.item("bucket", "Cem's data", key="cem-data", owner="dev.cem")
    draft.item("group", "Lent trailers", key="contoso-lent", settings={"colour": "#ae3ec9"})
    add_tokens(draft)
    below = draft.account("contoso-lastmile", "Contoso last mile", limits={"device": 60, "history_days": 90})
    add_people(below, fill(below, max(5, round(25 * scale))))
