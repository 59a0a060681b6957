"""The engines behind the one interface; no engine knows another."""
