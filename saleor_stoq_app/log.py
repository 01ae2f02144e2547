"""Logs for machines (JSON) or people (text), without contacts and without secrets."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog

SECRET_NAMES = re.compile(r"token|secret|password|authorization|api_?key|cookie|credential", re.IGNORECASE)
PERSONAL_NAMES = re.compile(r"phone|email|e_mail|contact|customer|address", re.IGNORECASE)
PHONE = re.compile(r"\+\d[\d ()-]{6,}\d")
EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[a-zA-Z]{2,}")
WARNING = logging.WARNING
KEYS = re.compile(r"\b(?:pk|sk)_[0-9A-Za-z_]{6,}|\bBearer\s+\S+|\bKlaviyo-API-Key\s+\S+")


def clean(text: str) -> str:
    """Hide whatever looks like a phone number, an e-mail address or a key."""
    return KEYS.sub("[secret]", EMAIL.sub("[email]", PHONE.sub("[phone]", text)))


def _hide(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if not name.startswith("_"):  # structlog's own: the standard library's record
            event[name] = _hidden(name, value)
    return event


def _hidden(name: str, value: Any) -> Any:
    """Clean a value at any depth; what is neither text nor number is logged as cleaned text."""
    if SECRET_NAMES.search(name) or PERSONAL_NAMES.search(name):
        return "[hidden]"
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {str(key): _hidden(str(key), part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", part) for part in value]
    return value if value is None or isinstance(value, bool | int | float) else clean(str(value))


def set_up(form: Literal["json", "text"], *, level: int = logging.INFO) -> None:
    """Send structlog's and the standard library's records through the same renderer."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _hide,
    ]
    last = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("httpx", "httpcore", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger that names its module."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
