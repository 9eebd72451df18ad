"""The field for a new password, wherever one is chosen."""

from __future__ import annotations

from typing import Any

from django import forms


def password_field(label: Any, **rest: Any) -> forms.CharField:
    """Browsers and password managers offer one, and nothing that was typed is changed."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, max_length=4096, widget=widget, **rest)
