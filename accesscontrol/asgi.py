"""What an ASGI server serves."""

import os

from django.core.asgi import get_asgi_application

from accesscontrol.checks import refuse_unsafe_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accesscontrol.settings")

refuse_unsafe_settings()
application = get_asgi_application()
