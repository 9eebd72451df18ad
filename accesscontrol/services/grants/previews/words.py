"""What previews say, for people: sentences made from the codes and numbers of a preview, and read by nobody."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.services.grants.previews.previews import Preview
from accesscontrol.services.previews.counting import COMMAND, CREATE, DELETE, EDIT, OPERATE, SEE, Counted
from accesscontrol.services.previews.people import People

#: Level → what comes, and what goes (after “will no longer”).
_SAID = {
    SEE: (_("will see %(things)s"), _("see %(things)s")),
    EDIT: (_("may edit %(things)s"), _("edit %(things)s")),
    DELETE: (_("may delete %(things)s"), _("delete %(things)s")),
    COMMAND: (_("may send commands to %(things)s"), _("send commands to %(things)s")),
    CREATE: (_("may create %(things)s"), _("create %(things)s")),
    OPERATE: (_("may operate as %(things)s"), _("operate as %(things)s")),
}
_AND, _OR = _("%(first)s and %(last)s"), _("%(first)s or %(last)s")


def sentences(preview: Preview) -> list[str]:
    """Everything in words: what grantees gain and lose, what others do, and how many links go."""
    said = []
    for effect in preview.effects:
        said += [sentence(effect.account.name, effect.counted, losing=losing) for losing in (False, True)]
        said += people_sentences(effect.people)
    for account, people in preview.others:
        said += [f"{account.name}: {text}" for text in people_sentences(people)]
    said.append(depth_sentence(preview))
    taken = gettext("%(member)s is taken out of %(container)s.")
    said += [taken % {"member": link.member, "container": link.container} for link in preview.cut]
    if preview.more_cut:
        more = gettext("%(count)s more links to items that you cannot see are cut.")
        said.append(more % {"count": f"{preview.more_cut:,}"})
    return [text for text in said if text]


def depth_sentence(preview: Preview) -> str:
    """“By this grant they see … of the last 30 days.” Empty where it lets see as far as before."""
    if not preview.other_depth:
        return ""
    days = preview.depths[1]
    if days is None:
        return gettext("By this grant they see messages, media, intervals and events as far back as the items allow.")
    text = ngettext(
        "By this grant they see messages, media, intervals and events of the last %(days)s day.",
        "By this grant they see messages, media, intervals and events of the last %(days)s days.",
        days,
    )
    return text % {"days": days}


def sentence(name: str, counted: Sequence[Counted], *, losing: bool = False) -> str:
    """“Contoso will see 412 devices and may edit 12 devices.” Empty when there is nothing to say."""
    parts = []
    for level, said in _SAID.items():
        numbers = [(each, each.lost if losing else each.gained) for each in counted if each.word == level]
        things = [_things(each, number) for each, number in numbers if number]
        if things:
            parts.append(gettext(said[losing]) % {"things": _joined(things, _AND)})
    if not parts:
        return ""
    whole = gettext("%(account)s will no longer %(parts)s.") if losing else gettext("%(account)s %(parts)s.")
    return whole % {"account": name, "parts": _joined(parts, _OR if losing else _AND)}


def people_sentences(people: People | None) -> list[str]:
    """“This adds access for 3 users and 1 token.”"""
    if people is None:
        return []
    found = []
    for text, users, tokens in (
        (gettext("This adds access for %(people)s."), people.users_gaining, people.tokens_gaining),
        (gettext("This takes access from %(people)s."), people.users_losing, people.tokens_losing),
    ):
        named = [ngettext("%(count)s user", "%(count)s users", users) % {"count": f"{users:,}"}] if users else []
        if tokens:
            named.append(ngettext("%(count)s token", "%(count)s tokens", tokens) % {"count": f"{tokens:,}"})
        if named:
            found.append(text % {"people": _joined(named, _AND)})
    if people.unread:
        unread = gettext("%(count)s more users and tokens were not looked at one by one.")
        found.append(unread % {"count": f"{people.unread:,}"})
    return found


def _things(each: Counted, number: int) -> str:
    """“412 devices”, “1 CDN”; of what may be created, “devices in 3 accounts”."""
    if each.word != CREATE:
        return _amount(number, each.kind)
    kind = gettext(catalogue.KINDS[each.kind].plural).lower()
    return gettext("%(things)s in %(accounts)s") % {"things": kind, "accounts": _amount(number, "account")}


def _amount(number: int, kind: str) -> str:
    known = catalogue.KINDS[kind]
    label = gettext(known.label if number == 1 else known.plural)
    return f"{number:,} {label if label[1:2].isupper() else label[0].lower() + label[1:]}"


def _joined(parts: Sequence[str], last: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return gettext(last) % {"first": ", ".join(parts[:-1]), "last": parts[-1]}
