"""What an operator reads of a server at work."""

from collections import defaultdict
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Sample, read_pcm
from tests.end_to_end.conftest import ADMISSION, TOKEN, Run, Running
from wsserver import client
from wsserver.messages import Start

BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def read(server: Running) -> dict[tuple[str, ...], float]:
    async with (
        aiohttp.ClientSession(headers=BEARER) as http,
        http.get(f"{server.url}metrics") as answer,
    ):
        assert answer.status == 200
        body = await answer.text()
    found: dict[tuple[str, ...], float] = defaultdict(float)
    for family in text_string_to_metric_families(body):
        for sample in family.samples:
            labels = {**sample.labels, "worker": ""}  # what several gateways count is added up
            found[sample.name, *filter(None, labels.values())] += sample.value
    return found


async def test_a_dictation_is_counted_from_its_audio_to_its_finals(
    run: Run, samples: list[Sample]
) -> None:
    async with run() as server:
        before = await read(server)
        rate, data = read_pcm(samples[0].path)
        start = Start(sample_rate=rate)
        async with (
            client.connect(server.socket_url, server.token, start) as dictation,
            dictation.feeding([data]),
        ):
            said = [message async for message in dictation]
        after = await read(server)

    def grown(*name: str) -> float:
        return after[name] - before.get(name, 0.0)

    finals = [message for message in said if message.type == "final"]
    assert grown("wsserver_sessions_total", "new") == 1
    assert grown("wsserver_audio_seconds_total") == pytest.approx(len(data) / 2 / rate, abs=0.01)
    assert grown("wsserver_final_lag_seconds_count") == len(finals) > 0
    assert grown("wsserver_engine_batch_windows_sum") >= len(finals)
    assert after["wsserver_engine_ready",] >= 1


async def test_who_is_turned_away_is_counted_by_the_reason(run: Run) -> None:
    async with run() as server:
        with pytest.raises(client.Refused):
            async with client.connect(server.socket_url, "nobody"):
                pass
        found = await read(server)

    assert found["wsserver_refusals_total", "bad_token"] == 1


@pytest.mark.parametrize("public", [False, True])
async def test_nobody_reads_them_without_a_token_unless_the_operator_says_so(
    run: Run, *, public: bool
) -> None:
    admission: dict[str, Any] = {"public_routes": ["/metrics"]} if public else {}

    async with (
        run(server={"admission": ADMISSION | admission}) as server,
        aiohttp.ClientSession() as http,
        http.get(f"{server.url}metrics") as answer,
    ):
        assert answer.status == (200 if public else 401)
