"""Traces of utterances, as OpenTelemetry knows them; off unless they are configured."""
