"""Run a local Ray, and on it two replicas for whatever engine is asked for, until input ends.

Knows Ray alone.  A process of its own, because Ray leaves threads and sockets in whoever uses it.
It reads lines of JSON, each with what stands under `args` in Serve's config file, and says in a
line of its own where such replicas answer, or what hindered it.
"""

import json
import os
import sys
from typing import Any

import ray
import yaml
from ray import serve

from tests.cluster.isolation import ROOT
from wsserver.cluster.deployment import Arguments, Recognition

_SHIPPED = ROOT / "deploy" / "ray" / "serve.yaml"
_MOST = 3
"""Applications at once.  Tests run one after the other, so that the one that nobody asked for since
the longest time is of a test that is over."""


class Applications:
    """What is deployed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._names: dict[str, str] = {}
        """By what was asked for, the one that was asked for last at the end."""

        self._deployed = 0

    def find(self, asked: str) -> str:
        """Give the URL of two replicas that are as *asked*; deploy them if there are none."""
        name = self._names.pop(asked, None) or self._deploy(asked)
        self._names[asked] = name
        return f"http://127.0.0.1:{self._port}/{name}"

    def _deploy(self, asked: str) -> str:
        self._make_room()
        self._deployed += 1
        name = f"recognition-{self._deployed}"
        arguments = Arguments.model_validate_json(asked)
        deployment = serve.deployment(**_options())(Recognition)
        serve.run(deployment.bind(arguments), name=name, route_prefix=f"/{name}")
        return name

    def _make_room(self) -> None:
        # A model is of the server that a whole run shares.
        scripted = [asked for asked in self._names if json.loads(asked)["engine"]["kind"] == "fake"]
        for asked in scripted[: max(0, len(scripted) + 1 - _MOST)]:
            serve.delete(self._names.pop(asked))


def _options() -> dict[str, Any]:
    """Give what is shipped, but for how many there are, how large, and how soon they are missed."""
    (application,) = yaml.safe_load(_SHIPPED.read_text())["applications"]
    (deployment,) = application["deployments"]
    del deployment["autoscaling_config"]
    small = {"num_cpus": 0.01, "runtime_env": {"env_vars": {"OMP_NUM_THREADS": "1"}}}
    own = {"num_replicas": 2, "ray_actor_options": small, "health_check_period_s": 1}
    hasty = {"graceful_shutdown_wait_loop_s": 0.1, "graceful_shutdown_timeout_s": 2}
    together: dict[str, Any] = deployment | own | hasty
    return together


def main(port: int, says: int) -> None:
    """Start everything; answer by the descriptor *says*, which is nobody else's."""
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=80 * 2**20)
    options = {"host": "127.0.0.1", "port": port, "keep_alive_timeout_s": 90}
    serve.start(http_options=options, logging_config={"enable_access_log": False})
    applications = Applications(port)
    with os.fdopen(says, "w") as answers:
        for asked in sys.stdin:
            try:
                answer = {"url": applications.find(asked.strip())}
            except (RuntimeError, ValueError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            answers.write(f"{json.dumps(answer)}\n")
            answers.flush()
    serve.shutdown()  # type: ignore[no-untyped-call]
    ray.shutdown()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
