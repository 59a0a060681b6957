"""Where an utterance's time went, as a collector is told by a server at work."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from websockets.asyncio.client import connect

from tests.conftest import Sample, read_pcm, start_server, stop_server
from tests.end_to_end.conftest import Run
from tests.end_to_end.test_logs import SAID
from tests.end_to_end.test_resume import Peer
from wsserver.messages import Audio, Final, Finish, Start

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@dataclass
class Collector:
    """The other end of OTLP."""

    url: str = ""
    resources: list[dict[str, str]] = field(default_factory=list)
    spans: list[Any] = field(default_factory=list)
    raw: bytes = b""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.raw += body
        for told in ExportTraceServiceRequest.FromString(body).resource_spans:
            of = {each.key: each.value.string_value for each in told.resource.attributes}
            self.resources.append(of)
            self.spans += [span for scope in told.scope_spans for span in scope.spans]
        return web.Response(body=b"", content_type="application/x-protobuf")


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()


async def dictate(url: str, secret: str, sample: Sample, **headers: str) -> list[Final]:
    rate, data = read_pcm(sample.path)
    presented = {"Authorization": f"Bearer {secret}", **headers}
    async with connect(url, additional_headers=presented) as socket:
        peer = Peer(socket)
        await peer.begin(Start(sample_rate=rate))
        await peer.say(Audio(data=data), Finish())
        return [message async for message in peer.hear_all() if isinstance(message, Final)]


async def test_every_utterance_of_a_client_with_a_trace_is_part_of_it(
    samples: list[Sample], tmp_path: Path
) -> None:
    async with collecting() as collector:
        server = await asyncio.to_thread(
            start_server,
            tmp_path,
            WSSERVER_ENGINE__KIND="fake",
            WSSERVER_ENGINE__SCRIPT=json.dumps({"said": SAID}),
            WSSERVER_TRACES__ENDPOINT=collector.url,
            WSSERVER_STORE__FOLDER=str(tmp_path / "kept"),
            OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=tests",
        )
        parent = f"00-{TRACE}-{SPAN}-01"
        finals = await dictate(server.socket_url, server.token, samples[0], traceparent=parent)
        assert await asyncio.to_thread(stop_server, server) == 0

    spans = [span for span in collector.spans if span.trace_id.hex() == TRACE]
    roots = [span for span in spans if span.name == "utterance"]
    assert len(roots) == len(finals) > 0
    assert {span.parent_span_id.hex() for span in roots} == {SPAN}
    assert {span.name for span in spans} == {
        *("utterance", "voice detected", "window", "decode", "endpoint"),
        *("leave of the store", "send"),
    }
    for span in spans:
        whole = next(r for r in roots if r.start_time_unix_nano <= span.start_time_unix_nano)
        assert span.end_time_unix_nano <= whole.end_time_unix_nano
    of = collector.resources[0]
    assert (of["service.name"], of["deployment.environment.name"]) == ("wsserver", "tests")
    assert SAID[1] in finals[0].text
    hidden = [*SAID[1].split(), server.token, *(str(final.cursor)[-40:] for final in finals)]
    assert [text for text in hidden if text.encode() in collector.raw] == []


async def test_a_collector_that_is_down_costs_no_word_and_hardly_a_moment(
    run: Run, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with run(traces={"endpoint": nobody, "stop_seconds": 0.1}) as server:
            finals = await dictate(server.socket_url, server.token, samples[0])
            began = time.monotonic()
        ended = time.monotonic()
    async with run() as server:
        expected = await dictate(server.socket_url, server.token, samples[0])

    assert [final.text for final in finals] == [final.text for final in expected]
    assert finals
    # Left to itself an exporter takes half a minute to give up.
    assert ended - began < 20


async def test_without_traces_nothing_of_them_is_loaded(tmp_path: Path) -> None:
    script = (
        "import sys; from wsserver import config; from wsserver.app import App;"
        "App(config.load(None, {}, {'engine': {'kind': 'fake'}}));"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script), cwd=Path(__file__).parents[2]
    )

    assert await process.wait() == 0
