import json
from datetime import timedelta
import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from accesscontrol.services import accounts, users, tokens, grants, sections
from accesscontrol.services.specs import *
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE
pytestmark = pytest.mark.django_db
def sess(cast, name):
    c = Client(); assert c.post("/sign-in/token/", {"key": cast.tokens[name].secret}).status_code == 302
    return c
def test_x(cast, browse, call):
    for name in ("standard", "viewer", "delegate"):
        s = sess(cast, name)
        p = s.get("/access/who/", {"permission": "device:view", "thing": "device:truck-7"})
        print(name, p.status_code, [(h["label"]) for h in p.context.get("holders", [])], [(str(t["label"]), t["count"]) for t in p.context.get("types", [])])
        p = s.get("/access/", {"caller": f"token:t-{name}", "permission": "device:view", "thing": "device:truck-7"})
        print(p.status_code, p.context.get("why", {}).get("sentence") if p.context else None)
        print(json.dumps(p.context["why"], default=str)[:900])
        p = s.get("/access/who/", {"permission": "account:view", "thing": "account:northwind"})
        print(p.status_code, p.context.get("problem"))
        for path in ("/choices/user:view/","/choices/token:create/","/choices/account:view/","/choices/device:view/","/search/suggest/?q=n","/act-as/", "/api/v1/whoami?format=json", "/api/v1/?format=json", "/access/matrix/", "/profile/", "/tokens/~new/", "/users/~new/", "/grants/~new/","/grants/received/", "/items/device/truck-7/access/", "/items/device/truck-7/links/", "/", "/events/", "/api/schema/"):
            r = s.get(path)
            body = r.content.decode()
            print("   ", path, r.status_code, [w for w in ("nora","adam","anna","Contoso","contoso","Pilot","hub-for","Dispatcher","t-master") if w in body])
def test_logs(cast, browse, call):
    """log of a token lists unseen things"""
    t = tokens.create_token(CONSOLE, cast.accounts["northwind"], type="acl", user=cast.people["anna"], name="T", idle_ttl=3000, rules=(TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=(cast.items["truck_8"], cast.items["sensor"])),)).token
    print(call("anna").get(f"/api/v1/tokens/{t.key}/logs/").json())
    print(call("anna").get(f"/api/v1/tokens/{t.key}/").json()["rules"])
    print(cast.items["truck_8"].pk)
