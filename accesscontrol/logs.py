"""Log lines: one JSON object a line, in which neither user data nor a secret can do harm."""

import re
from typing import Any

import structlog

# A value under one of these names never reaches a log line, whoever passes it.
SECRET_NAMES = frozenset({"password", "secret", "token", "authorization", "cookie", "pepper", "key", "code"})
REMOVED = "[removed]"
#: What a token's key looks like (`services.keys.PATTERN`).
TOKEN_KEY = re.compile(r"pt[sma]_[0-9A-Za-z]{46}")
#: The secret of a link that came by mail, in the address of its page (`services.joining.secrets`).
LINK_SECRET = re.compile(r"(?<=/)(join|register|confirm|forgotten)/[^/\s\"'?]+")


def remove_secrets(_logger: Any, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Blank the values whose name says that they are secret; in any other keys of tokens, and secrets of links."""
    for name, value in event.items():
        if name.lower() in SECRET_NAMES:
            event[name] = REMOVED
        elif isinstance(value, str):
            event[name] = LINK_SECRET.sub(rf"\1/{REMOVED}", TOKEN_KEY.sub(REMOVED, value))
    return event


SHARED_PROCESSORS: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    remove_secrets,
]


def logging_config(level: str) -> dict[str, Any]:
    """The LOGGING setting: Django's and our lines through one JSON formatter (which escapes CR, LF and ANSI).

    Also sets structlog up, so that `structlog.get_logger()` writes through the same handler.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED_PROCESSORS,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(),
                ],
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print a second, unescaped line (and mail tracebacks).
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }
