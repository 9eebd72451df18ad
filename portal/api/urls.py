"""The addresses of the REST interface and of the decision endpoints."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from portal.api.accounts import AccountViewSet
from portal.api.base import NounViewSet
from portal.api.decisions import ConfigurationView, EvaluationsView, EvaluationView
from portal.api.entrance import ApiRoot, DocsView, Nowhere, SchemaView, Whoami
from portal.api.events import EventViewSet
from portal.api.grants import GrantItemViewSet, GrantLogViewSet, GrantViewSet
from portal.api.items import ItemViewSet
from portal.api.management import ProjectViewSet, RoleViewSet
from portal.api.received import ReceivedLogViewSet, ReceivedViewSet
from portal.api.records import RecordViewSet
from portal.api.sections import MemberViewSet, SettingsViewSet
from portal.api.tokens import LeakedView, TokenLogViewSet, TokenViewSet
from portal.api.users import UserViewSet

V1 = "api/v1/"
CHANGE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}


def lists(noun: str, viewset: type[NounViewSet], *, create: bool = False) -> URLPattern:
    """The address of a noun's list."""
    actions = {"get": "list", "post": "create"} if create else {"get": "list"}
    return path(f"{V1}{noun}/", viewset.as_view(actions), name=f"api_{noun}")


def one(noun: str, viewset: type[NounViewSet], rest: str = "", **actions: str) -> URLPattern:
    """An address below one thing: what each method does."""
    return path(f"{V1}{noun}/<str:key>/{rest}", viewset.as_view(actions or {"get": "retrieve"}))


urlpatterns = [
    path(V1, ApiRoot.as_view(), name="api_root"),
    path(f"{V1}whoami", Whoami.as_view(), name="api_whoami"),
    path("api/schema/", SchemaView.as_view(), name="api_schema"),
    path("api/docs/", DocsView.as_view(), name="api_docs"),
    lists("accounts", AccountViewSet, create=True),
    one("accounts", AccountViewSet, **CHANGE),
    one("accounts", AccountViewSet, "move/", post="move"),
    one("accounts", AccountViewSet, "block/", post="block"),
    one("accounts", AccountViewSet, "unblock/", post="unblock"),
    one("accounts", AccountViewSet, "limits/", get="limits", put="change_limits"),
    lists("items", ItemViewSet, create=True),
    one("items", ItemViewSet, **CHANGE),
    one("items", ItemViewSet, "move/", post="move"),
    one("items", ItemViewSet, "links/", get="list_links", post="add_link"),
    one("items", ItemViewSet, "links/<str:container>/", delete="remove_link"),
    one("items", SettingsViewSet, "settings/", **CHANGE),
    one("items", MemberViewSet, "items/", get="list", post="create"),
    one("items", MemberViewSet, "items/<str:member>/", delete="destroy"),
    one("items", RecordViewSet, "<str:section>/", get="list", post="create", patch="change_output", delete="clear"),
    one("items", RecordViewSet, "<str:section>/<int:record>/", **CHANGE),
    lists("users", UserViewSet, create=True),
    one("users", UserViewSet, **CHANGE),
    one("users", UserViewSet, "enable/", post="enable"),
    one("users", UserViewSet, "role/", post="give_role"),
    one("users", UserViewSet, "authority/", post="give_authority"),
    one("users", UserViewSet, "assignments/", get="list_assignments", post="assign"),
    one("users", UserViewSet, "assignments/<str:item>/", delete="unassign"),
    lists("roles", RoleViewSet),
    one("roles", RoleViewSet),
    lists("tokens", TokenViewSet, create=True),
    path(f"{V1}tokens/leaked/", LeakedView.as_view(), name="api_leaked"),
    path(f"{V1}tokens/disable/", TokenViewSet.as_view({"post": "disable"})),
    path(f"{V1}tokens/revoke/", TokenViewSet.as_view({"post": "revoke"})),
    one("tokens", TokenViewSet, **CHANGE),
    one("tokens", TokenViewSet, "rotate/", post="rotate"),
    one("tokens", TokenLogViewSet, "logs/", get="list"),
    lists("grants", GrantViewSet, create=True),
    path(f"{V1}grants/preview/", GrantViewSet.as_view({"post": "preview_new"})),
    one("grants", GrantViewSet, **CHANGE),
    one("grants", GrantViewSet, "preview/", post="preview"),
    one("grants", GrantViewSet, "grantees/", post="add_grantees"),
    one("grants", GrantViewSet, "grantees/<str:account>/", delete="remove_grantee"),
    one("grants", GrantItemViewSet, "items/", get="list"),
    one("grants", GrantLogViewSet, "logs/", get="list"),
    lists("received", ReceivedViewSet),
    one("received", ReceivedViewSet, get="retrieve", delete="destroy"),
    one("received", ReceivedViewSet, "accept/", post="accept"),
    one("received", ReceivedViewSet, "preview/", post="preview"),
    one("received", ReceivedLogViewSet, "logs/", get="list"),
    lists("projects", ProjectViewSet),
    one("projects", ProjectViewSet),
    lists("events", EventViewSet),
    path(f"{V1}events/<int:event>/", EventViewSet.as_view({"get": "retrieve"})),
    path("access/v1/evaluation", EvaluationView.as_view(), name="authzen_evaluation"),
    path("access/v1/evaluations", EvaluationsView.as_view(), name="authzen_evaluations"),
    path(".well-known/authzen-configuration", ConfigurationView.as_view(), name="authzen_configuration"),
    re_path(r"^(?:api|access)/", Nowhere.as_view()),
]
