"""The demo as a world document: the same every time but for its dates, which are told from now."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from demo.buses import add_buses
from demo.clients import CLIENTS, PARTNERS, add_clients
from demo.company import add_company, add_friends
from demo.contoso import add_contoso
from demo.draft import Clock, Draft
from demo.granting import grants
from demo.lab import add_lab

SEED = 20260
PERSONAS = ("nora.lind", "dev.anna", "sam.dispatch", "sue.support", "lee.guest", "carla.contoso", "dirk.delta")


def build_world(now: datetime, scale: float = 1.0) -> dict[str, Any]:
    """The document of the demo world.

    now: the dates count from here. scale: how large the fleets are; 1 is about 3,500 items, a tenth does for tests.
    """
    random, clock = Random(SEED), Clock(now)
    taken = set(PERSONAS)
    northwind = Draft("northwind", "Northwind Telematics", random, clock, taken=taken)
    contoso = Draft("contoso", "Contoso Logistics", random, clock, taken=taken)
    add_company(northwind, scale)
    add_friends(northwind)
    add_lab(northwind, scale)
    add_buses(northwind, scale)
    add_clients(northwind, CLIENTS, scale)
    partners = northwind.account("partners", "Partners", limits={"device": 1200, "account": 45})
    add_clients(partners, PARTNERS, scale)
    add_contoso(contoso, scale)
    roots = [northwind, contoso]
    granted = grants(roots, clock)
    return {"world": 1, "accounts": [root.document() for root in roots], "grants": granted}
