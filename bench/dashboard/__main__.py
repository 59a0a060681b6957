"""Show the dashboard of deploy/grafana with a real run, without Grafana.

    python -m bench.dashboard --picture docs/dashboard.png

A real server on the practice model, Prometheus that looks at it every second, and a few minutes of
dictation with a crowd, an engine that is killed and lines that are cut.  Then every panel's queries
are put to Prometheus; a panel that finds nothing is an error.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import gmtime, strftime, time

import click
from aiohttp import web

from bench.dashboard.day import Day, Receiver
from bench.dashboard.panels import Panel, name_of, rate_interval, read_panels, resolve
from bench.dashboard.picture import Curve, Head, draw, with_gaps
from bench.dashboard.prometheus import JOB, SCRAPE_SECONDS, Prometheus, prometheus
from tests.faults.kept_server import TOKEN, kept_server
from tests.faults.proxy import proxy_to

PLACES = 8
_SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # noqa: S105 - of a receiver of our own
_POINTS = 120
"""Of a curve, about as many as Grafana asks for in a panel of this width."""


def _environment(folder: Path, receiver_port: int) -> dict[str, str]:
    """Give what the product would take, but for what makes a few minutes eventful."""
    url = f"http://127.0.0.1:{receiver_port}/finals"
    return {
        "WSSERVER_ENGINE__KIND": "whisper",
        "WSSERVER_ENGINE__MODEL": "practice",
        "WSSERVER_SCHEDULER__TIMEOUT_SECONDS": "30",
        "WSSERVER_SCHEDULER__RELOAD_SECONDS": "60",
        "WSSERVER_SERVER__ADMISSION__MAX_SESSIONS": str(PLACES),
        # A machine that is busy otherwise is to show what it does, and not to turn everybody away.
        "WSSERVER_SESSIONS__MAX_LAG_SECONDS": "20",
        "WSSERVER_STORE__FOLDER": str(folder / "kept"),
        "WSSERVER_WEBHOOKS__RECEIVERS": f"[{{url: '{url}', secret: '{_SECRET}'}}]",
        "WSSERVER_WEBHOOKS__PLAIN_HTTP": "true",
        "WSSERVER_WEBHOOKS__FOLDER": str(folder / "webhooks"),
    }


@asynccontextmanager
async def _receiving(receiver: Receiver) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_post("/finals", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _show(seconds: float, path: Path) -> list[str]:
    """Live through a day, draw it, and give the panels that found nothing."""
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            _receiving(receiver) as receiver_port,
            kept_server(folder, **_environment(folder, receiver_port)) as server,
            prometheus(folder, server.port, TOKEN) as seen,
            proxy_to(server.port) as proxy,
        ):
            day = Day(server, proxy, receiver, seconds)
            await day.run()
            await asyncio.sleep(2 * SCRAPE_SECONDS)
            return await _draw(seen, day, path)


async def _draw(seen: Prometheus, day: Day, path: Path) -> list[str]:
    began, ended = day.began, time()
    found = [(panel, await _curves(seen, panel, began, ended)) for panel in read_panels()]
    head = Head(
        title="wsserver",
        subtitle=f"job {JOB}    practice model    {strftime('%Y-%m-%d', gmtime(began))}",
        marks=[(event.at - began, event.name) for event in day.events],
        seconds=ended - began,
    )
    draw(head, found, path)
    click.echo(f"{day.finals} finals, {path.stat().st_size // 1000} kB in {path}")
    return [panel.title for panel, curves in found if not curves]


async def _curves(seen: Prometheus, panel: Panel, began: float, ended: float) -> list[Curve]:
    step = max(1, round((ended - began) / _POINTS))
    variables = {"job": JOB, "__rate_interval": rate_interval(step, SCRAPE_SECONDS)}
    curves = []
    for target in panel.targets:
        series = await seen.ask(resolve(target.expression, variables), began, ended, step)
        for each in series:
            points = [(at - began, value) for at, value in each.points]
            if not panel.spans_gaps:
                points = with_gaps(points, step)
            if each.points:
                curves.append(Curve(name_of(target.legend, each.labels), points))
    return curves


@click.command()
@click.option("--seconds", default=240.0, show_default=True, help="Of the run.")
@click.option(
    "--picture",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("docs/dashboard.png"),
    show_default=True,
)
def main(seconds: float, path: Path) -> None:
    """Draw the dashboard of a real run; fail if a panel has nothing to show."""
    empty = asyncio.run(_show(seconds, path))
    if empty:
        sys.exit(f"found nothing in {', '.join(empty)}")


if __name__ == "__main__":
    main()
