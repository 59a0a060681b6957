"""Somebody who drops files on the page."""

import base64
import io
from typing import Any

import numpy as np
import soundfile
from playwright.async_api import expect

from tests.page.visit import Visit
from wsserver.messages import Done

RATE = 16_000

DRAG = """([types, files, text]) => {
  const data = new DataTransfer();
  if (text) data.setData("text/plain", text);
  for (const { name, base64 } of files) {
    const octets = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    data.items.add(new File([octets], name));
  }
  return types.map((type) => {
    const options = { bubbles: true, cancelable: true, dataTransfer: data };
    return document.getElementById("text").dispatchEvent(new DragEvent(type, options));
  });
}"""
"""Gives for each event whether the browser may do what it does by itself."""

DONE = Done(duration=1.0, utterances=1)


def sound(seconds: float, form: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(round(seconds * RATE)), RATE, format=form)
    return file.getvalue()


async def drag(visit: Visit, *types: str, **files: bytes) -> list[bool]:
    given = [
        {"name": f"{name}.wav", "base64": base64.b64encode(octets).decode()}
        for name, octets in files.items()
    ]
    answers: list[bool] = await visit.run(DRAG, [types, given, ""])
    return answers


async def drop(visit: Visit, **files: bytes) -> None:
    """Drop WAV files of these names."""
    await drag(visit, "dragover", "drop", **files)


def row(visit: Visit, name: str) -> Any:
    return visit.page.locator(".file", has_text=name)


async def shows(visit: Visit, name: str, status: str) -> None:
    await expect(row(visit, name).locator(".status")).to_have_text(status)
