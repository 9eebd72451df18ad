"""The screens of projects: the project, its items, its members with allow and deny."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project, ProjectMember, ProjectRule
from accesscontrol.services.projects import members as member_services
from accesscontrol.services.projects import projects as services
from accesscontrol.services.projects.rows import project_spec
from portal.addresses import address, list_address
from portal.frame.counting import goes
from portal.frame.depths import days_back
from portal.frame.lists.listing import Listing
from portal.frame.noun_pages import NounPage
from portal.frame.screens import CHANGE, CREATE, DELETE, DETAIL, LIST, WRITE, Route, screens_at
from portal.frame.shown.parts import Action, Fact, Part, RelatedRow
from portal.open_shapes import Cleaned
from portal.pages.projects.filters import ProjectFilters
from portal.pages.projects.forms import MemberAddForm, ProjectForm, ProjectItemsForm, RulesForm
from portal.pages.projects.opening import opening
from portal.pages.projects.owning import ProjectOwningScreen
from portal.pages.projects.tables import ProjectTable


class ProjectListing(Listing):
    """The list of projects, with how many of their items the caller may view."""

    table = ProjectTable
    filters = ProjectFilters

    def decorate(self, table: ProjectTable, rows: list[Project]) -> None:
        super().decorate(table, rows)
        items = self.look.visible(engine.ANY_ITEM_VIEW).filter(projects__in=[row.pk for row in rows]).order_by()
        table.item_counts = dict(items.values_list("projects").annotate(Count("pk"))) if rows else {}


class ProjectScreen(NounPage):
    """Projects."""

    kind = "project"
    joined = ("account", "owner")
    listing = ProjectListing
    routes = (
        LIST, CREATE, DETAIL, CHANGE, DELETE,
        Route("items_add", "<str:key>/items/~new/", "items:create", WRITE),
        Route("items_remove", "<str:key>/items/<str:item>/remove/", "items:delete", WRITE),
        Route("members_add", "<str:key>/members/~new/", "members:create", WRITE),
        Route("members_change", "<str:key>/members/<int:member>/change/", "members:change", WRITE),
        Route("members_remove", "<str:key>/members/<int:member>/remove/", "members:delete", WRITE),
    )  # fmt: skip

    def create_page(self) -> HttpResponse:
        accounts = self.creation_accounts()
        start = self.start_account(accounts)
        form = ProjectForm(self.request.POST or None, initial={"account": start}, accounts=accounts)
        return self.form_page(form, lambda values: services.create_project(self.actor, values.pop("account"), **values),
                              title=_("Create a project"), done=_("The project has been created."), to=self.after,
                              submit_label=_("Create"))  # fmt: skip

    def detail_page(self) -> HttpResponse:
        project = self.thing
        rows: list[Fact] = [
            {"label": _("Description"), "value": project.description},
            {"label": _("Account"), "value": project.account.name},
            self.fact_of(_("Owner"), project.owner, _("the account")),
            {"label": _("Created"), "time": project.created_at},
            {"label": _("Modified"), "time": project.changed_at},
        ]
        return self.thing_page(
            rows, self.items(), self.members(),
            actions=self.buttons(("change", "change", _("Change"), "edit")),
            more_actions=[*self.giving(), *self.deletion(_("Delete the project"))],
        )  # fmt: skip

    def giving(self) -> list[Action]:
        """The button that gives it to another owner, for who has all of it."""
        return [self.action("give", _("Give to another owner"), "user")] if self.whole <= self.may else []

    # --- Items

    def items(self) -> Part:
        """The items of the project that the caller may view."""
        rows = (
            self.related(engine.ANY_ITEM_VIEW, projects=self.thing)
            .select_related("account")
            .order_by("name_order", "id")
        )
        action = self.action("items_add", _("Put items in"), "plus") if self.has("items:create") else None
        act = self.item_act if self.has("items:delete") else None
        return self.things(_("Items"), rows, _("No item that you may see."), action=action, act=act)

    def opens_without(self, item: int | None) -> list[str]:
        """What would open without an item of the project, or (None) without any; for who may know the members."""
        if not self.has("members:view"):
            return []
        spec = project_spec(self.thing)
        kept = tuple(one for one in spec.items if item is not None and one.pk != item)
        return opening(spec, replace(spec, items=kept))

    def item_act(self, item: Item) -> Action:
        return {"label": _("Take out"), "url": self.to("items_remove", item=item.key), "icon": "unlink", "dialog": True}

    def items_add_page(self) -> HttpResponse:
        rows = self.look.visible(engine.ANY_ITEM_VIEW).exclude(projects=self.thing).order_by("name_order", "id")
        form = ProjectItemsForm(self.request.POST or None, rows=rows)
        return self.form_page(form, lambda values: services.add_project_items(self.actor, self.thing, values["items"]),
                              title=_("Put items into %(name)s") % {"name": self.thing}, done=_("Done."))  # fmt: skip

    def items_remove_page(self, item: str) -> HttpResponse:
        found = self.look.visible(engine.ANY_ITEM_VIEW).filter(projects=self.thing, key=item).first()
        if found is None:
            raise Http404
        names = {"item": found.name, "project": self.thing.name}
        return self.confirm_page(
            lambda: services.remove_project_items(self.actor, self.thing, [found]),
            title=_("Take %(item)s out of %(project)s?") % names,
            warning=_("What members have on it through the project ends at once."), opens=self.opens_without(found.pk),
            confirm_label=_("Take it out"), to=address(self.thing), done=_("%(item)s is out of the project.") % names,
        )  # fmt: skip

    # --- Members

    def members(self) -> Part | None:
        """The members with their rules, for who may view them."""
        if not self.has("members:view"):
            return None
        members = self.known_members().select_related("user").prefetch_related("roles", "rules")
        action = self.action("members_add", _("Add a member"), "plus") if self.has("members:create") else None
        rows = [self.member_row(member) for member in members.order_by("user__name_order", "pk")]
        invited: list[RelatedRow] = [
            {"label": name, "icon": "mail", "note": _("invited, has not answered")} for name in self.thing.invited
        ]
        return {"title": _("Members"), "template": "portal/things.html", "rows": rows + invited, "action": action,
                "empty": _("Nobody yet.")}  # fmt: skip

    def known_members(self) -> QuerySet:
        """Members who have accepted, or whom the caller may view: whether somebody invited exists is never told."""
        seen = self.look.visible("user:view").values("pk")
        return self.thing.members.filter(Q(accepted_at__isnull=False) | Q(user__in=seen))

    def member_row(self, member: ProjectMember) -> RelatedRow:
        act: Action | None = None
        if self.has("members:change"):
            act = {"label": _("Rules"), "url": self.to("members_change", member=member.pk), "icon": "edit"}
        if self.has("members:delete") and act is None:
            act = {
                "label": _("Remove"),
                "url": self.to("members_remove", member=member.pk),
                "icon": "trash",
                "dialog": True,
            }
        roles = [_("role %(name)s") % {"name": role.name} for role in member.roles.all()]
        note = member.user.full_name if member.accepted_at else _("has not answered")
        rules = [self.rule_words(rule) for rule in member.rules.all()]
        depth = [days_back(member.history_days, "")] if member.history_days is not None and (roles or rules) else []
        return {"label": member.user.username, "icon": "user", "note": note, "act": act,
                "sentence": " · ".join([*roles, *rules, *depth]) or _("no rule, so no access")}  # fmt: skip

    def rule_words(self, rule: ProjectRule) -> str:
        effect = _("allow") if rule.effect == ProjectRule.Effect.ALLOW else _("deny")
        return f"{effect}: {', '.join(rule.permissions)}"

    def members_add_page(self) -> HttpResponse:
        form = MemberAddForm(self.request.POST or None, look=self.look)
        return self.form_page(form, lambda _values: self.add_member(form), title=_("Add a member"),
                              done=_("Done. Somebody of another account accepts first."),
                              to=lambda _made: address(self.thing), submit_label=_("Add the member"))  # fmt: skip

    def add_member(self, form: MemberAddForm) -> None:
        user, name = form.cleaned_data["user"], form.cleaned_data["name"].strip()
        if user is not None:
            member_services.add_member(self.actor, self.thing, user, **form.member())
        else:
            member_services.invite_member(self.actor, self.thing, name, **form.member())

    def member(self, number: int) -> ProjectMember:
        """The member of this number. Raises Http404."""
        found = self.known_members().select_related("user", "project").filter(pk=number).first()
        if found is None or not self.has("members:view"):
            raise Http404
        return found

    def members_change_page(self, member: int) -> HttpResponse:
        """The member's own rules over all items; rules on a kind or an item alone are left as they are."""
        found = self.member(member)
        plain = [rule for rule in found.rules.order_by("pk") if not rule.kind and rule.item_id is None]
        initial: Cleaned = {
            effect: [name for rule in plain if rule.effect == effect for name in rule.permissions]
            for effect in ("allow", "deny")
        }  # fmt: skip
        initial |= {name: getattr(found, name) for name in ("starts_at", "expires_at", "history_days")}
        form = RulesForm(self.request.POST or None, initial=initial)
        actions = [
            self.action("members_remove", _("Remove the member"), "trash", parts={"member": member}, dialog=True)
        ]
        return self.form_page(
            form, lambda _values: self.change_member(found, form), title=_("Rules of %(name)s") % {"name": found.user},
            done=_("Saved."), to=lambda _member: address(self.thing),
            actions=actions if self.has("members:delete") else [],
        )  # fmt: skip

    def change_member(self, member: ProjectMember, form: RulesForm) -> ProjectMember:
        members = project_spec(self.thing).members
        kept = next(one for one in members if one.user.pk == member.user_id).rules
        narrow = tuple(rule for rule in kept if rule.kind or rule.item is not None)
        values = form.member()
        return member_services.change_member(self.actor, member, **{**values, "rules": (*narrow, *values["rules"])})

    def members_remove_page(self, member: int) -> HttpResponse:
        found = self.member(member)
        spec = project_spec(self.thing)
        kept = tuple(one for one in spec.members if one.user.pk != found.user_id)
        opens = opening(spec, replace(spec, members=kept))
        return self.confirm_page(
            lambda: member_services.remove_member(self.actor, found),
            title=_("Remove %(name)s from the project?") % {"name": found.user}, opens=opens,
            warning=_("Their access through this project ends at once."),
            confirm_label=_("Remove"), to=address(self.thing), done=_("The member has been removed."),
        )  # fmt: skip

    # --- The project

    def change_page(self) -> HttpResponse:
        initial = {"name": self.thing.name, "description": self.thing.description}
        form = ProjectForm(self.request.POST or None, initial=initial)
        return self.form_page(form, lambda values: services.change_project(self.actor, self.thing, **values),
                              title=_("Change %(name)s") % {"name": self.thing}, done=_("Saved."))  # fmt: skip

    def delete_page(self) -> HttpResponse:
        project = self.thing
        items = self.related(engine.ANY_ITEM_VIEW, projects=project)
        gone = goes(_("items leave it; they stay where they are"), items, named=False)
        if self.has("members:view"):
            gone += goes(_("members lose what it gave them"), self.known_members(), named=False)
        return self.delete_confirmed(
            lambda: services.delete_project(self.actor, project),
            title=_("Delete the project %(name)s?") % {"name": project},
            consequences=gone, opens=self.opens_without(None),
            to=list_address("project"), done=_("%(name)s has been deleted.") % {"name": project},
        )  # fmt: skip


urlpatterns = [screens_at("projects/", ProjectScreen, ProjectOwningScreen)]
