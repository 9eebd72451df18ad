"""The addresses of the REST interface and of the decision endpoints."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from portal.api.accounts import AccountViewSet
from portal.api.decisions import ConfigurationView, EvaluationsView, EvaluationView
from portal.api.entrance import ApiRoot, DocsView, Nowhere, SchemaView, Whoami
from portal.api.events import EventViewSet
from portal.api.frame.base import NounViewSet
from portal.api.grants.grants import GrantItemViewSet, GrantLogViewSet, GrantViewSet
from portal.api.grants.received import ReceivedLogViewSet, ReceivedViewSet
from portal.api.items.items import ItemViewSet
from portal.api.items.records import RecordViewSet
from portal.api.items.sections import MemberViewSet, SettingsViewSet
from portal.api.jobs import ImportView, JobsView, JobView, ManyView
from portal.api.joining import InvitationViewSet, RegistrationViewSet
from portal.api.management import ProjectViewSet, RoleViewSet
from portal.api.ownership import OwnershipViewSet
from portal.api.policies import PolicyViewSet
from portal.api.providers import ProviderViewSet
from portal.api.tokens.tokens import LeakedView, TokenLogViewSet, TokenViewSet
from portal.api.users.users import UserViewSet

CHANGE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}


def noun(name: str, *patterns: URLPattern) -> URLResolver:
    """The addresses of a noun: looked through only when an address begins with it."""
    return path(f"{name}/", include(list(patterns)))


def lists(name: str, viewset: type[NounViewSet], *, create: bool = False) -> URLPattern:
    """The address of a noun's list."""
    view = viewset.as_view({"get": "list", "post": "create"} if create else {"get": "list"})
    return path("", view, name=f"api_{name}")


def one(viewset: type[NounViewSet], rest: str = "", **actions: str) -> URLPattern:
    """An address below one thing: what each method does."""
    return path(f"<str:key>/{rest}", viewset.as_view({**actions} if actions else {"get": "retrieve"}))


V1: list[URLPattern | URLResolver] = [
    path("", ApiRoot.as_view(), name="api_root"),
    path("whoami", Whoami.as_view(), name="api_whoami"),
    noun(
        "accounts",
        lists("accounts", AccountViewSet, create=True),
        one(AccountViewSet, **CHANGE),
        one(AccountViewSet, "move/", post="move"),
        one(AccountViewSet, "block/", post="block"),
        one(AccountViewSet, "unblock/", post="unblock"),
        one(AccountViewSet, "limits/", get="limits", put="change_limits"),
        one(RegistrationViewSet, "registration/", get="retrieve", patch="partial_update"),
        one(PolicyViewSet, "policy/", get="retrieve", patch="partial_update"),
        one(OwnershipViewSet, "ownership/", get="retrieve", post="offer", delete="withdraw"),
        one(OwnershipViewSet, "ownership/confirm/", post="confirm"),
        one(OwnershipViewSet, "usage/", get="usage"),
        one(OwnershipViewSet, "compromised/", post="declare_compromised"),
        one(ProviderViewSet, "provider/", get="retrieve", patch="partial_update", delete="destroy"),
    ),
    noun(
        "items",
        lists("items", ItemViewSet, create=True),
        one(ItemViewSet, **CHANGE),
        one(ItemViewSet, "move/", post="move"),
        one(ItemViewSet, "give/", post="give"),
        one(ItemViewSet, "links/", get="list_links", post="add_link"),
        one(ItemViewSet, "links/<str:container>/", delete="remove_link"),
        one(SettingsViewSet, "settings/", **CHANGE),
        one(MemberViewSet, "items/", get="list", post="create"),
        one(MemberViewSet, "items/<str:member>/", delete="destroy"),
        one(RecordViewSet, "<str:section>/", get="list", post="create", patch="change_output", delete="clear"),
        one(RecordViewSet, "<str:section>/<int:record>/", **CHANGE),
    ),
    noun(
        "users",
        lists("users", UserViewSet, create=True),
        path("import/", ImportView.as_view(), name="api_user_import"),
        path("many/", ManyView.as_view(), name="api_user_many"),
        one(UserViewSet, **CHANGE),
        one(UserViewSet, "enable/", post="enable"),
        one(UserViewSet, "role/", post="give_role"),
        one(UserViewSet, "compromised/", post="declare_compromised"),
        one(UserViewSet, "authority/", post="give_authority"),
        one(InvitationViewSet, "invitation/", get="retrieve", post="send", delete="destroy"),
        one(UserViewSet, "assignments/", get="list_assignments", post="assign"),
        one(UserViewSet, "assignments/<str:item>/", delete="unassign"),
        one(UserViewSet, "sessions/", get="list_sessions", delete="end_sessions"),
        one(UserViewSet, "sessions/<str:session>/", delete="end_session"),
    ),
    noun("jobs", path("", JobsView.as_view(), name="api_jobs"), path("<int:job>/", JobView.as_view())),
    noun("invitations", lists("invitations", InvitationViewSet)),
    noun("roles", lists("roles", RoleViewSet), one(RoleViewSet)),
    noun(
        "tokens",
        lists("tokens", TokenViewSet, create=True),
        path("leaked/", LeakedView.as_view(), name="api_leaked"),
        path("disable/", TokenViewSet.as_view({"post": "disable"})),
        path("revoke/", TokenViewSet.as_view({"post": "revoke"})),
        one(TokenViewSet, **CHANGE),
        one(TokenViewSet, "rotate/", post="rotate"),
        one(TokenLogViewSet, "logs/", get="list"),
    ),
    noun(
        "grants",
        lists("grants", GrantViewSet, create=True),
        path("preview/", GrantViewSet.as_view({"post": "preview_new"})),
        one(GrantViewSet, **CHANGE),
        one(GrantViewSet, "preview/", post="preview"),
        one(GrantViewSet, "grantees/", post="add_grantees"),
        one(GrantViewSet, "grantees/<str:account>/", delete="remove_grantee"),
        one(GrantItemViewSet, "items/", get="list"),
        one(GrantLogViewSet, "logs/", get="list"),
    ),
    noun(
        "received",
        lists("received", ReceivedViewSet),
        one(ReceivedViewSet, get="retrieve", delete="destroy"),
        one(ReceivedViewSet, "accept/", post="accept"),
        one(ReceivedViewSet, "preview/", post="preview"),
        one(ReceivedLogViewSet, "logs/", get="list"),
    ),
    noun("projects", lists("projects", ProjectViewSet), one(ProjectViewSet), one(ProjectViewSet, "give/", post="give")),
    noun("events", lists("events", EventViewSet), path("<int:event>/", EventViewSet.as_view({"get": "retrieve"}))),
]
urlpatterns = [
    path("api/v1/", include(V1)),
    path("api/schema/", SchemaView.as_view(), name="api_schema"),
    path("api/docs/", DocsView.as_view(), name="api_docs"),
    path("access/v1/evaluation", EvaluationView.as_view(), name="authzen_evaluation"),
    path("access/v1/evaluations", EvaluationsView.as_view(), name="authzen_evaluations"),
    path(".well-known/authzen-configuration", ConfigurationView.as_view(), name="authzen_configuration"),
    re_path(r"^(?:api|access)/", Nowhere.as_view()),
]
