"""Which column of a file holds what: guessed by its heading, in the words of several languages."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.names import letters_of

#: What a column may hold, with how it is called.
FIELDS: dict[str, str | Promise] = {
    "username": _("Username"),
    "email": _("E-mail"),
    "full_name": _("Whole name"),
    "first_name": _("First name"),
    "middle_name": _("Middle name"),
    "last_name": _("Last name"),
    "phone": _("Phone"),
    "authority": _("Authority"),
    "role": _("Role"),
    "enabled": _("Enabled"),
    "expires_at": _("Access ends"),
    "history_days": _("History depth"),
    "time_zone": _("Time zone"),
    "external_id": _("External id"),
}
#: Headings as people write them, without case, marks, spaces and dots.
_HEADINGS = {
    "username": (
        "username user login loginname userid account benutzer benutzername anmeldename "
        "usuario nombredeusuario utilisateur identifiant логин пользователь имяпользователя "
        "uzytkownik"
    ),
    "email": (
        "email mail emailaddress emailadresse mailadresse correo correoelectronico courriel "
        "adressemail почта электроннаяпочта емейл эпочта adresemail"
    ),
    "full_name": ("name fullname wholename vollername nombrecompleto nomcomplet фио имяифамилия imieinazwisko"),
    "first_name": "firstname givenname forename vorname nombre prenom имя imie",
    "middle_name": "middlename zweitername отчество segundonombre",
    "last_name": (
        "lastname surname familyname nachname familienname apellido apellidos nom nomdefamille фамилия nazwisko"
    ),
    "phone": (
        "phone phonenumber telephone tel mobile mobilephone cell telefon telefonnummer handy "
        "telefono movil telephoneportable телефон мобильный"
    ),
    "authority": "authority usertype type level berechtigung nivel autorite полномочия тип",
    "role": "role rolle rol роль rola",
    "enabled": "enabled active isactive aktiv activo actif активен включен aktywny",
    "expires_at": (
        "accessends ends expires expiresat expiry validuntil gultigbis ablauf vence expira "
        "expire valablejusquau действителендо до waznydo"
    ),
    "history_days": "historydepth historydays history глубинаистории",
    "time_zone": "timezone zeitzone zonahoraria fuseau часовойпояс",
    "external_id": (
        "externalid employeeid employeenumber personnelnumber staffid personalnummer "
        "mitarbeiternummer idempleado matricule табельныйномер id"
    ),
}
_BY_HEADING = {one: field for field, written in _HEADINGS.items() for one in written.split()}


def plain(heading: str) -> str:
    """A heading without what people write in different ways."""
    return "".join(one for one in letters_of(heading) if one.isalnum())


def guess(headings: Sequence[str]) -> dict[str, str]:
    """Column (its number, as text) → field; each field once, and what is not known left out."""
    found: dict[str, str] = {}
    for number, heading in enumerate(headings):
        field = _BY_HEADING.get(plain(heading))
        if field is not None and field not in found.values():
            found[str(number)] = field
    return found
