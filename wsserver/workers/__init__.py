"""Several servers on one machine, behind one port and before one engine."""
