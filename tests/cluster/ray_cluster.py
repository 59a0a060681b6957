"""A Ray cluster of two nodes with a replica on each, deployed with the file that is shipped.

Knows processes and Serve's config file; knows nothing of gateways.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.isolation import ROOT, environment
from tests.ports import free_port

_SHIPPED = ROOT / "deploy" / "ray" / "serve.yaml"
_REPLICA = "ray::ServeReplica"
_DEPLOYS_WITHIN_S = 200.0


@dataclass
class RayCluster:
    """Two nodes, the first of which is the head."""

    process: Process
    raylets: list[int]
    ports: list[int]
    """Where each node's proxy answers."""

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}/" for port in self.ports]

    def replicas(self, node: int) -> list[int]:
        """Find the processes of the replicas on a node."""
        return [pid for pid in _children(self.raylets[node]) if _REPLICA in _title(pid)]

    def kill_replica(self, node: int) -> None:
        """Kill the replica there, in the middle of whatever it does."""
        (replica,) = self.replicas(node)
        os.kill(replica, signal.SIGKILL)

    async def kill_node(self) -> None:
        """Kill the second node, its replica and its proxy."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"remove\n")
        while json.loads(await self.process.stdout.readline()) != "removed":
            pass


@asynccontextmanager
async def ray_cluster(folder: Path) -> AsyncIterator[RayCluster]:
    """Start the nodes and deploy."""
    ports = [free_port(), free_port()]
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as short:
        settings = environment(short) | {"RAY_SERVE_WORKER_PROXY_HTTP_PORT": str(ports[1])}
        log = folder / "ray.log"
        with log.open("wb") as errors:
            nodes = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.cluster.ray_nodes"),
                cwd=ROOT,
                env=settings,
                stderr=errors,
                stdin=PIPE,
                stdout=PIPE,
            )
            try:
                said = await _read_json(nodes, log)
                await _deploy(folder, said["address"], ports[0], settings)
                yield RayCluster(nodes, said["raylets"], ports)
            finally:
                assert nodes.stdin is not None
                nodes.stdin.close()
                await nodes.communicate()


async def _read_json(nodes: Process, log: Path) -> dict[str, Any]:
    """Read the first line that is no chatter."""
    assert nodes.stdout is not None
    async for line in nodes.stdout:
        if line.startswith(b"{"):
            said: dict[str, Any] = json.loads(line)
            return said
    raise AssertionError(f"the nodes ended: {log.read_text()[-2000:]}")


async def _deploy(folder: Path, address: str, port: int, settings: dict[str, str]) -> None:
    config = yaml.safe_load(_SHIPPED.read_text())
    config["http_options"] |= {"host": "127.0.0.1", "port": port}
    (application,) = config["applications"]
    application["args"]["engine"] = {"model": "practice", "device": "cpu", "threads": 1}
    (deployment,) = application["deployments"]
    deployment["ray_actor_options"] = {"num_cpus": 1}
    deployment["autoscaling_config"]["max_replicas"] = 2
    deployment["health_check_period_s"] = 1
    path = folder / "serve.yaml"
    path.write_text(yaml.safe_dump(config))
    serve = "from ray.serve.scripts import cli; cli()"
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", serve, "run", "--non-blocking", "--address", address, path),
        cwd=ROOT,
        env=settings,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(_DEPLOYS_WITHIN_S):
        said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()[-4000:]


def _children(pid: int) -> list[int]:
    found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for each in found for child in each]


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:  # it is gone already
        return ""
