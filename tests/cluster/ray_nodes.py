"""Run a Ray cluster of two nodes on this machine, until standard input ends.

Knows Ray alone.  A process of its own, because Ray leaves threads and sockets in whoever uses it.
It says in one line of JSON where the cluster is, and its nodes' raylets; "remove" takes the second
node away as if its plug were pulled.
"""

import json
import sys
from typing import Any

from ray.cluster_utils import Cluster

NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80 * 2**20}


def say(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


def main() -> None:
    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    other = cluster.add_node(**NODE)
    raylets = [_raylet(node) for node in (cluster.head_node, other)]
    say({"address": cluster.address, "raylets": raylets})
    for line in sys.stdin:
        if line.strip() == "remove":
            cluster.remove_node(other, allow_graceful=False)
            say("removed")
    cluster.shutdown()  # type: ignore[no-untyped-call]


def _raylet(node: Any) -> int:
    (found,) = node.all_processes["raylet"]
    pid: int = found.process.pid
    return pid


if __name__ == "__main__":
    main()
