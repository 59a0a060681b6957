"""Start Debian's Chromium with a microphone that needs neither hardware nor a click."""

from pathlib import Path

from playwright.async_api import Browser, Playwright

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # A name that is not this machine's own, for what browsers allow to those only.
    "--host-resolver-rules=MAP dictation.test 127.0.0.1",
)


async def launch(playwright: Playwright, executable: str, sound: Path | None = None) -> Browser:
    """Start it; its microphone plays *sound* once, or beeps once a second."""
    return await playwright.chromium.launch(
        executable_path=executable, args=flags(sound), timeout=60_000
    )


def flags(sound: Path | None = None) -> list[str]:
    """Give its command line."""
    played = [f"--use-file-for-fake-audio-capture={sound}%noloop"] if sound else []
    return [*_FLAGS, *played]
