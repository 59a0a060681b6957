"""A thread that takes all jobs that wait at once, so that a slow disk stands in nobody's way.

Knows threads; knows nothing of what the jobs are.
"""

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")


def ignore(_: bool) -> None:
    """Take the outcome of a job that nobody waits for."""


class Lane(Generic[Job]):
    """Jobs in the order in which they were put, worked off by one thread."""

    def __init__(
        self,
        name: str,
        work: Callable[[list[Job]], float | None],
        finish: Callable[[], None],
    ) -> None:
        """Prepare a thread that calls *work* with what waits, and *finish* at its end.

        *work* gives the seconds after which it wants to be called even if nothing waits, or None.
        """
        self._work = work
        self._finish = finish
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        # A disk that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def put(self, job: Job) -> None:
        """Add a job; returns at once."""
        self._jobs.put(job)

    @property
    def waiting(self) -> int:
        """How many jobs wait for the thread."""
        return self._jobs.qsize()

    def stop(self, seconds: float) -> bool:
        """Let what waits be worked off; say whether that was done within *seconds*."""
        self._jobs.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        is_over, wait_seconds = False, None
        while not is_over:
            jobs, is_over = self._take(wait_seconds)
            wait_seconds = self._work(jobs)
        self._finish()

    def _take(self, wait_seconds: float | None) -> tuple[list[Job], bool]:
        """Give all that waits, and whether it was the last."""
        jobs: list[Job] = []
        try:
            job = self._jobs.get(timeout=wait_seconds)
            while job is not None:
                jobs.append(job)
                job = self._jobs.get_nowait()
        except queue.Empty:
            return jobs, False
        return jobs, True
