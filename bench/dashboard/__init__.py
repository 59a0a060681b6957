"""The dashboard of deploy/grafana shown with a real run: `python -m bench.dashboard`."""
