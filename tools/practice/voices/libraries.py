"""Find the engines' shared libraries: in a folder of one's own, or where the system has them.

Knows file names; knows nothing of speech.
"""

import ctypes
import os
from ctypes.util import find_library
from pathlib import Path

from tools.practice.voices.voice import NoVoice

FOLDER_VARIABLE = "PRACTICE_LIBRARIES"
"""Names the folder of libraries that were carried here; espeak-ng's data goes by its own variable,
ESPEAK_DATA_PATH."""


def load(name: str, version: int, *needs: str) -> ctypes.CDLL:
    """Load lib*name*.so.*version* for all to see, after the libraries that it *needs*, if there.

    Raises `NoVoice` if there is none.
    """
    try:
        for need in needs:
            _carried(f"lib{need}")
        carried = _carried(f"lib{name}.so.{version}")
        return carried or ctypes.CDLL(_system(name, version), mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise NoVoice(f"no library {name} here; on Debian: apt install espeak-ng flite") from error


def _carried(start: str) -> ctypes.CDLL | None:
    folder = os.environ.get(FOLDER_VARIABLE)
    found = sorted(Path(folder).glob(f"{start}*")) if folder else []
    return ctypes.CDLL(str(found[0]), mode=ctypes.RTLD_GLOBAL) if found else None


def _system(name: str, version: int) -> str:
    return find_library(name) or f"lib{name}.so.{version}"
