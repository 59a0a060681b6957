"""What a Ray is started with that shares nothing with any other on this machine.

Knows Ray's environment variables; knows nothing of what is deployed.
"""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(folder: str) -> dict[str, str]:
    """Give the environment; *folder* has to be short, for names of sockets are below it."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("RAY_")}
    return inherited | {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "RAY_TMPDIR": folder,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_memory_monitor_refresh_ms": "0",  # this machine may be full for another reason
        "RAY_health_check_period_ms": "500",
        "RAY_health_check_failure_threshold": "3",
    }
