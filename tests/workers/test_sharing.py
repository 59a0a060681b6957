"""What workers have alike."""

from wsserver.config import Config
from wsserver.workers.sharing import decoding_at


def test_workers_have_patience_for_all_that_the_engine_they_share_tries() -> None:
    config = Config.model_validate({"scheduler": {"timeout_seconds": 10, "retries": 2}})

    its = decoding_at(config, "unix:/run/engine")

    tries = 1 + config.scheduler.retries
    assert its.scheduler.timeout_seconds > tries * config.scheduler.timeout_seconds
    assert its.engine.urls == ("unix:/run/engine",)
