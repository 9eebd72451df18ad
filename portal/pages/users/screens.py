"""The screens of users."""

from __future__ import annotations

from django.http import Http404, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import named as rows_named
from accesscontrol.items.models import Item
from accesscontrol.services.items import assignments
from accesscontrol.services.owning import leaving
from accesscontrol.services.owning.previews import preview_owning
from accesscontrol.services.people import users as services
from accesscontrol.services.people.assigning import assign_items_to
from accesscontrol.services.people.owned import ceases, owned_by, owns_anything
from accesscontrol.services.previews.people import People
from portal.addresses import address, list_address
from portal.frame.forms.switches import switch_fields
from portal.frame.noun_pages import NounPage
from portal.frame.previews import preview_page
from portal.frame.screens import CHANGE, DETAIL, WRITE, Route, screens_at
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import Action, Fact, Part
from portal.open_shapes import Cleaned
from portal.pages.users.adding import UserAddingScreen
from portal.pages.users.forms import AssignForm, OwnForm, PersonForm, UserForm
from portal.pages.users.goes import TOKENS_STOP, counted
from portal.pages.users.importing import UserImportScreen
from portal.pages.users.inviting import UserInvitingScreen, address_rows, invitation_acts, invitation_rows
from portal.pages.users.leaving import UserLeavingScreen
from portal.pages.users.limits import limit_rows
from portal.pages.users.list import UserListScreen
from portal.pages.users.lost_factors import UserLostFactorsScreen
from portal.pages.users.sessions import UserSessionsScreen
from portal.pages.users.tables import user_badge
from portal.pages.users.ticked import UserTickedScreen


class UserScreen(NounPage):
    """Users."""

    kind = "user"
    joined = ("account", "role", "invitation")
    routes = (
        DETAIL,
        CHANGE,
        Route("change_preview", "<str:key>/change/preview/", "change", WRITE),
        Route("switch", "<str:key>/switch/", "change", WRITE),
        Route("assign", "<str:key>/assign/", "assignments:change", WRITE),
        Route("unassign", "<str:key>/unassign/<str:item>/", "assignments:change", WRITE),
    )

    def is_self(self) -> bool:
        return self.thing.pk == self.request.user.pk

    def detail_page(self) -> HttpResponse:
        user = self.thing
        depth = "" if user.history_days is None else _("%(days)s days") % {"days": user.history_days}
        rows: list[Fact] = [
            {"label": _("Name"), "value": user.full_name},
            {"label": _("E-mail"), "value": user.email},
            {"label": _("Phone"), "value": user.phone},
            {"label": _("Account"), "value": str(user.account or "")},
            {"label": _("Authority"), "value": _(user.get_authority_display())},
            self.fact_of(_("Role"), user.role, _("No role")),
            *address_rows(user),
            *invitation_rows(user),
            {"label": _("Access ends"), "time": user.expires_at, "ends": True, "value": _("no end")},
            {"label": _("History depth"), "value": depth},
            *limit_rows(user),
            {"label": _("Last seen"), "time": user.last_seen_at, "value": _("never")},
            {"label": _("Registered"), "time": user.date_joined},
        ]
        return self.thing_page(
            rows, self.assigned(), self.tokens(), self.projects(),
            state=user_badge(user), actions=self.acts(), more_actions=[*invitation_acts(self), *self.grave_acts()],
        )  # fmt: skip

    def acts(self) -> list[Action]:
        sessions = ("sessions", "sessions:view", _("Sessions"), "world")
        found = self.buttons(("change", "change", _("Change"), "edit"), *([] if self.is_self() else [sessions]))
        if self.has("change") and not self.is_self() and self.thing.is_active:
            found.append(self.action("switch", _("Disable"), "power", dialog=True))
        elif self.has("change") and not self.is_self():
            found.append(self.switch_button(_("Enable"), "power", "enabled", wished=True))
        return found

    def grave_acts(self) -> list[Action]:
        """What is done in an emergency, and for good."""
        compromised = self.action("compromised", _("Compromised"), "alert", dialog=True)
        lost = self.action("reset_factors", _("Second factor lost"), "fingerprint", dialog=True)
        may = self.has("change") and self.actor.in_person and not self.is_self()
        return [
            *([lost] if may else []),
            *([compromised] if self.has("change") else []),
            *self.deletion(_("Remove the user")),
        ]

    def assigned(self) -> Part | None:
        """The items assigned to or shared with the user, as far as the caller may view them."""
        if not self.has("assignments:view"):
            return None
        rows = (
            self.related(engine.ANY_ITEM_VIEW, pk__in=assignments.items_of(self.thing))
            .select_related("account")
            .order_by("name_order", "id")
        )
        may = self.has("assignments:change")
        action = self.action("assign", _("Assign items"), "plus") if may and self.thing.authority == "user" else None
        return self.things(_("Assigned items"), rows, _("Nothing is assigned."), action=action,
                           act=self.unassign_act if may else None)  # fmt: skip

    def unassign_act(self, item: Item) -> Action:
        return {"label": _("Take away"), "url": self.to("unassign", item=item.key), "icon": "unlink", "dialog": True}

    def tokens(self) -> Part | None:
        rows = self.related("token:view", user=self.thing).select_related("account").order_by("name_order", "id")
        return self.things(_("Tokens"), rows, "") if rows.exists() else None

    def projects(self) -> Part | None:
        rows = (
            self.related("project:view", members__user=self.thing)
            .select_related("account")
            .order_by("name_order", "id")
        )
        return self.things(_("Projects"), rows, "") if rows.exists() else None

    def change_form(self) -> PersonForm:
        initial, data = PersonForm.initial_of(self.thing), self.request.POST or None
        if self.is_self():
            return OwnForm(data, initial=initial)
        owner = self.thing if self.owns() else None
        return UserForm(data, initial=initial, look=self.look, owner=owner)

    def change_words(self) -> FormPage:
        """What the form says besides; where somebody's things may change hands, who gains and loses by that too."""
        return {"preview_url": self.to("change_preview")} if self.owns() and not self.is_self() else {}

    def change_title(self) -> str:
        return _("Change %(name)s") % {"name": self.thing}

    def change_template(self) -> str:
        """One's own data is one short form; that of others has tabs."""
        return "generic/form.html" if self.is_self() else "users/form.html"

    def owns(self) -> bool:
        return self.thing.authority == User.Authority.DEVELOPER and owns_anything(self.thing)

    def change_page(self) -> HttpResponse:
        form, title = self.change_form(), self.change_title()
        return self.form_page(form, self.change, self.change_words(), title=title, done=_("Saved."),
                              template=self.change_template())  # fmt: skip

    def change_preview_page(self) -> HttpResponse:
        """Who gains and who loses; the act is tried and undone."""
        return preview_page(self, self.change_form(), self.tried, self.change_words(), title=self.change_title(),
                            form_action=self.to("change"), cancel_url=address(self.thing),
                            template=self.change_template())  # fmt: skip

    def tried(self, values: Cleaned) -> People | None:
        user, items = self.thing, owned_by(self.thing).items
        return preview_owning(self.actor, user.account, lambda: self.change(values), items)

    def change(self, values: Cleaned) -> User:
        """Whoever may not see the role there is leaves it as it is; things change hands only with the authority."""
        role, heir = self.thing.role, values.pop("hand_items_to", None)
        if role is not None and values.get("role") is None and not self.look.may("role:view", role):
            values.pop("role", None)
        gone = ceases(self.thing, values.get("authority", self.thing.authority))
        return leaving.change_user(self.actor, self.thing, heir if gone else None, **values)

    def switch_page(self) -> HttpResponse:
        """Done where a button says what is wished; where the page is only opened, it says what that would end."""
        user, back, named = self.thing, self.back(), {"name": self.thing}
        enabled = self.wished("enabled") if self.sent is not None else not user.is_active
        act = lambda: services.set_enabled(self.actor, user, enabled)  # noqa: E731
        if enabled:
            return self.confirm_page(
                act, title=_("Enable %(name)s?") % named, to=back, done=_("%(name)s is enabled.") % named,
                warning=_("They can sign in again, and their tokens work again."), confirm_label=_("Enable"),
                confirm_style="primary", hidden=switch_fields(user, "enabled", wished=True),
            )  # fmt: skip
        return self.confirm_page(
            act, title=_("Disable %(name)s?") % named, to=back, done=_("%(name)s is disabled.") % named,
            warning=_("From now on they can do nothing. Their sessions end at once; what is theirs stays as it is."),
            consequences=counted((TOKENS_STOP, self.related("token:view", user=user))), confirm_label=_("Disable"),
            hidden=switch_fields(user, "enabled", wished=False),
        )  # fmt: skip

    def back(self) -> str:
        """Where somebody came from: the list as it was, or the person's page."""
        kept = self.request.GET.get("back")
        if kept is None:
            return address(self.thing)
        return f"{list_address('user')}?{QueryDict(kept).urlencode()}".removesuffix("?")

    def assign_page(self) -> HttpResponse:
        named = self.request.GET.getlist("items")
        rows = list(self.look.visible(engine.ANY_ITEM_VIEW).filter(key__in=named)) if named else []
        form = AssignForm(self.request.POST or None, look=self.look, initial={"items": rows})
        return self.form_page(form, lambda values: assign_items_to(self.actor, self.thing, **values),
                              title=_("Assign items to %(name)s") % {"name": self.thing}, done=_("Assigned."),
                              to=lambda _rows: address(self.thing), submit_label=_("Assign"))  # fmt: skip

    def unassign_page(self, item: str) -> HttpResponse:
        found = rows_named(self.look.visible(engine.ANY_ITEM_VIEW), item).first()
        if found is None:
            raise Http404
        return self.confirm_page(
            lambda: assignments.unassign_items(self.actor, self.thing, [found]),
            title=_("Take %(item)s from %(name)s?") % {"item": found, "name": self.thing},
            confirm_label=_("Take it away"), to=address(self.thing), done=_("Taken away."),
        )  # fmt: skip


urlpatterns = [
    screens_at(
        *(
            "users/",
            UserListScreen,
            UserSessionsScreen,
            UserLostFactorsScreen,
            UserTickedScreen,
            UserImportScreen,
            UserAddingScreen,
        ),
        *(UserScreen, UserInvitingScreen, UserLeavingScreen),
    )
]
