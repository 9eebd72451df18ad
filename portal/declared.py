"""Every view says what it needs: a permission's name, `signed in`, `public`, or the platform operator in person.

A test walks all addresses for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

PUBLIC = "public"
SIGNED_IN = "signed in"
#: For the platform operator in person; for everybody else nothing is there.
OPERATOR = "platform operator"

View = Callable[..., HttpResponse]


def declares(what: str) -> Callable[[View], View]:
    """Say what a view needs: the name of a permission, `signed in`, `platform operator` or `public`.

    The declaration is not the check: visible() and the services are. Only `public` has an effect, in ActorMiddleware.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def declared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, *args, **kwargs)

        return marked(declared, what)

    return mark


def marked(view: View, what: str) -> View:
    """The view itself, with what it needs written on it."""
    view.declares = what  # type: ignore[attr-defined]
    return view
