"""Let several processes work as one: each does its share, and sums go round.

Knows processes and tensors; knows nothing of what is worked out.
"""

import ctypes
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import start_processes

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


@dataclass(frozen=True, slots=True)
class Team:
    """Who of how many this process is."""

    rank: int = 0
    world: int = 1

    def add_up(self, tensor: Tensor) -> None:
        """Replace *tensor* by its sum over all processes."""
        if self.world > 1:
            dist.all_reduce(tensor)


def run(work: Callable[..., None], arguments: tuple[Any, ...], world: int, **own: object) -> None:
    """Call *work*(team, *arguments*) in *world* processes, one of which is this one.

    This one's call has the *own* arguments besides; they need not travel.

    Each has one thread, because two threads of one matrix wait for each other more than two
    processes do.
    """
    with _one_thread(), tempfile.TemporaryDirectory() as folder:
        meeting = f"file://{Path(folder) / 'meeting'}"
        if world == 1:
            work(Team(), *arguments, **own)
            return
        others = start_processes(  # type: ignore[no-untyped-call]
            _join, (work, arguments, world, meeting), world - 1, join=False, daemon=True
        )
        _meet(partial(work, **own), arguments, Team(0, world), meeting)
        while not others.join():
            pass


def _join(
    place: int, work: Callable[..., None], arguments: tuple[Any, ...], world: int, meeting: str
) -> None:
    with _one_thread():
        _meet(work, arguments, Team(place + 1, world), meeting)


def _meet(work: Callable[..., None], arguments: tuple[Any, ...], team: Team, meeting: str) -> None:
    dist.init_process_group("gloo", init_method=meeting, rank=team.rank, world_size=team.world)
    try:
        work(team, *arguments)
    finally:
        dist.destroy_process_group()


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    _keep_memory()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _keep_memory() -> None:
    """Ask glibc to keep what is freed.

    Every step takes the same blocks again, and pages fresh from the kernel must be cleared first.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        for option, value in ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1)):
            libc.mallopt(option, value)
