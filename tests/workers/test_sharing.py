"""What workers have alike."""

import tempfile

import pytest

from wsserver.config import Config
from wsserver.errors import ConfigError
from wsserver.workers.sharing import check_workers, decoding_at


def test_workers_have_patience_for_all_that_the_engine_they_share_tries() -> None:
    config = Config.model_validate({"scheduler": {"timeout_seconds": 10, "retries": 2}})

    its = decoding_at(config, "unix:/run/engine")

    tries = 1 + config.scheduler.retries
    assert its.scheduler.timeout_seconds > tries * config.scheduler.timeout_seconds
    assert its.engine.urls == ("unix:/run/engine",)


def test_a_temporary_folder_too_deep_for_sockets_is_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several = {"server": {"workers": 2}, "redis": {"url": "redis://localhost"}}
    config = Config.model_validate(several)

    monkeypatch.setattr(tempfile, "tempdir", "/" + "t" * 77)
    check_workers(config)
    monkeypatch.setattr(tempfile, "tempdir", "/" + "t" * 78)
    with pytest.raises(
        ConfigError, match=r"^TMPDIR: found a path of 79 bytes, expected at most 78"
    ):
        check_workers(config)
