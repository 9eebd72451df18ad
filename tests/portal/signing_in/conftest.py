"""The cast and browsers, as the tests of pages have them."""

from tests.portal.pages.conftest import _uncounted_calls, browse, cast

__all__ = ["_uncounted_calls", "browse", "cast"]
