"""Build what keeps words and what passes them on, as far as somebody wants that.

Knows what is joined to what; knows nothing of how any of it works.
"""

import os

from wsserver.config import Config
from wsserver.net.keys import key_path
from wsserver.store.keeper import Keeper
from wsserver.webhooks.dispatch import Dispatch
from wsserver.webhooks.settings import check_tokens


def build_keeper(config: Config) -> Keeper | None:
    """Give the store; None where nothing is kept."""
    return Keeper(config.store.folder, config.store) if config.store.folder else None


def build_dispatch(config: Config) -> Dispatch | None:
    """Give the webhooks, None where there are none; raise `ConfigError` for an unknown token."""
    settings = config.webhooks
    if not settings.receivers:
        return None
    check_tokens(settings, {token.name for token in config.server.admission.tokens})
    return Dispatch(settings, settings.folder or key_path(os.environ).with_name("webhooks"))
