"""The engines behind the one interface; no engine knows another."""

from wsserver.recognition.engines.spec import EngineSpec, build

__all__ = ["EngineSpec", "build"]
