"""Hold a folder for this process alone, so that no two servers send what is in it.

Knows a file that is locked; knows nothing of what else is in the folder.
"""

import fcntl
import os
from pathlib import Path

from wsserver.errors import ConfigError
from wsserver.store.database import Schema, unusable


class FolderLock:
    """The lock on a folder, from `take` to `release` or to the end of the process, killed or not.

    It is on a file beside the database, for SQLite has locks of its own on that.
    """

    def __init__(self, folder: Path, schema: Schema) -> None:
        """Lock the file of *schema* in *folder*."""
        self._folder = folder
        self._schema = schema
        self._descriptor: int | None = None

    def take(self) -> None:
        """Lock the folder, made if need be; raise `ConfigError` if it cannot be had."""
        try:
            self._descriptor = self._open()
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.release()
            raise self._explain(error) from None

    def release(self) -> None:
        """Let others have the folder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None

    def _open(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{self._schema.file_name}.lock"
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o600)

    def _explain(self, error: OSError) -> ConfigError:
        if not isinstance(error, BlockingIOError):
            return unusable(self._folder, error, self._schema)
        return ConfigError(
            f"{self._schema.setting}: found {self._folder} in use by another server, expected a"
            " folder of its own for each"
        )
