import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ports
from tests.conftest import ROOT
from tests.ports import free_port

KERNELS = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not KERNELS.exists(), reason="this system does not tell which ports it gives")
def test_a_free_port_is_none_that_the_kernel_gives() -> None:
    first, last = map(int, KERNELS.read_text().split())

    port = free_port()

    assert not first <= port <= last
    socket.create_server(("127.0.0.1", port)).close()


def test_a_port_is_free_for_one_of_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    again = f"from tests import ports; ports._outside = lambda: [{port}]; ports.free_port()"
    monkeypatch.setattr(ports, "_outside", lambda: [port])

    with pytest.raises(AssertionError, match="found no free port"):
        free_port()
    other = subprocess.run(
        [sys.executable, "-c", again], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert "found no free port" in other.stderr


def test_a_port_that_somebody_listens_at_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        monkeypatch.setattr(ports, "_outside", lambda: [taken])

        with pytest.raises(AssertionError, match="found no free port"):
            free_port()
