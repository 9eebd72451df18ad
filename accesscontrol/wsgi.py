"""What a WSGI server (gunicorn accesscontrol.wsgi) serves."""

import os

from django.core.wsgi import get_wsgi_application

from accesscontrol.checks import refuse_unsafe_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accesscontrol.settings")

refuse_unsafe_settings()
application = get_wsgi_application()
