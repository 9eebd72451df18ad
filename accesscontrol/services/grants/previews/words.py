"""What previews say, for people: sentences made from the codes and numbers of a preview, and read by nobody."""

from __future__ import annotations

from collections.abc import Sequence

from accesscontrol import catalogue
from accesscontrol.services.grants.previews.previews import Preview
from accesscontrol.services.previews.counting import COMMAND, CREATE, DELETE, EDIT, OPERATE, SEE, Counted
from accesscontrol.services.previews.people import People

#: What is said of the levels after “will” or “may”.
_VERBS = {
    SEE: ("will see", "see"),
    EDIT: ("may edit", "edit"),
    DELETE: ("may delete", "delete"),
    COMMAND: ("may send commands to", "send commands to"),
    CREATE: ("may create", "create"),
    OPERATE: ("may operate as", "operate as"),
}


def sentences(preview: Preview) -> list[str]:
    """Everything in words: what grantees gain and lose, what others do, and how many links go."""
    said = []
    for effect in preview.effects:
        said += [sentence(effect.account.name, effect.counted, losing=losing) for losing in (False, True)]
        said += people_sentences(effect.people)
    for account, people in preview.others:
        said += [f"{account.name}: {text}" for text in people_sentences(people)]
    said += [f"{link.member} is taken out of {link.container}." for link in preview.cut]
    if preview.more_cut:
        said.append(f"{preview.more_cut:,} more links to items that you cannot see are cut.")
    return [text for text in said if text]


def sentence(name: str, counted: Sequence[Counted], *, losing: bool = False) -> str:
    """“Contoso will see 412 devices and may edit 12 devices.” Empty when there is nothing to say."""
    parts = []
    for level, (gains, loses) in _VERBS.items():
        numbers = [(each, each.lost if losing else each.gained) for each in counted if each.word == level]
        things = [_things(each, number) for each, number in numbers if number]
        if things:
            parts.append(f"{loses if losing else gains} {_joined(things)}")
    if not parts:
        return ""
    return f"{name} {'will no longer ' if losing else ''}{_joined(parts, 'or' if losing else 'and')}."


def people_sentences(people: People | None) -> list[str]:
    """“This adds access for 3 users and 1 token.”"""
    found = []
    for verb, users, tokens in (
        ("adds access for", people.users_gaining, people.tokens_gaining),
        ("takes access from", people.users_losing, people.tokens_losing),
    ) if people is not None else ():  # fmt: skip
        named = [f"{n:,} {what}{'' if n == 1 else 's'}" for n, what in ((users, "user"), (tokens, "token")) if n]
        if named:
            found.append(f"This {verb} {_joined(named)}.")
    if people is not None and people.unread:
        found.append(f"{people.unread:,} more users and tokens were not looked at one by one.")
    return found


def _things(each: Counted, number: int) -> str:
    """“412 devices”, “1 CDN”; of what may be created, “devices in 3 accounts”."""
    if each.word == CREATE:
        return f"{catalogue.KINDS[each.kind].plural.lower()} in {_amount(number, 'account')}"
    return _amount(number, each.kind)


def _amount(number: int, kind: str) -> str:
    known = catalogue.KINDS[kind]
    label = known.label if number == 1 else known.plural
    return f"{number:,} {label if label[1:2].isupper() else label[0].lower() + label[1:]}"


def _joined(parts: Sequence[str], last: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"
