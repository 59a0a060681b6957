"""Other servers as they ship beside ours: lag, lost words and cost, on the same speech.

    python -m bench.peers --peer whisper-live --peer whisperlivekit --streams 1,2,4 --seconds 40

Peers live in environments of their own under bench/.venvs, made on first use.  All get the same
weights and the same speakers, one server at a time.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench.peers.processes import Start, home
from bench.peers.recipes import find
from bench.peers.runs import Crowd, Run, Serving, ours, run, theirs
from bench.peers.speaker import PeerError
from bench.peers.speech import sentences
from bench.peers.tables import peers_table
from bench.peers.weights import prepare
from bench.report import save
from wsserver.errors import OperatorError

OURS = "wsserver"
_PATIENCE = "Seconds before a peer is told of the end; whisper-live's own file client waits 15."


def _tell(console: Console, runs: list[Run], practice: bool) -> None:
    console.print(peers_table(runs, practice))
    for each in runs:
        for failure in dict.fromkeys(each.failures):
            count = each.failures.count(failure)
            console.print(f"{each.server}, {each.streams} streams: {failure} ({count} times)")


Server = tuple[str, Callable[[int], Serving]]
"""A name, and how it is run for so many speakers."""


def _servers(names: tuple[str, ...], model: str, out: Path, console: Console) -> list[Server]:
    """Make the peers ready to be started, ours before them; raise `PeerError`, `OperatorError`."""
    weights = prepare(model, out)
    servers: list[Server] = [(OURS, lambda _: ours(model))]
    for peer in map(find, names):
        start = Start(peer, home(peer, console), weights, out / f"{peer.name}.log")
        servers.append((peer.name, partial(theirs, start)))
    return servers


@click.command()
@click.option("--peer", "peers", multiple=True, default=["whisper-live", "whisperlivekit"])
@click.option("--model", default="practice", show_default=True, help="A published name or a path.")
@click.option("--streams", "counts", default="1,2,4", show_default=True)
@click.option("--seconds", default=40.0, show_default=True)
@click.option("--patience", "patience_s", default=0.0, show_default=True, help=_PATIENCE)
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
def main(peers: tuple[str, ...], counts: str, out: Path, **asked: Any) -> None:
    """Measure each peer beside our own server; --peer may be repeated."""
    console, runs = Console(), list[Run]()
    with tempfile.TemporaryDirectory() as folder:
        try:
            servers = _servers(peers, asked["model"], Path(folder), console)
        except (PeerError, OperatorError, ValueError) as error:
            raise click.ClickException(str(error)) from None
        sentences()
        for streams in map(int, counts.split(",")):
            crowd = Crowd(streams, asked["seconds"], asked["patience_s"])
            for name, serving in servers:
                with console.status(f"{name}, {streams} streams, {crowd.seconds:.0f} s"):
                    runs.append(run(name, serving(streams), crowd))
    _tell(console, runs, practice=asked["model"] == "practice")
    save(runs, out / "peers.json")


if __name__ == "__main__":
    main()
