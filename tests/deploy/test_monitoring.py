"""Rules and dashboard ask for what the server tells, and the alerts fire when they should."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bench.dashboard.panels import rate_interval, read_panels, resolve
from wsserver.measures import measure, measure_keeping, measure_redis, tell_of_engine
from wsserver.metrics import Metrics
from wsserver.net.room_ids import RoomIds
from wsserver.net.rooms import Rooms
from wsserver.net.settings import RoomSettings
from wsserver.speech import EngineInfo

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "wsserver.json"
OPERATIONS = DEPLOY.parent / "docs" / "operations.md"
NO_ROOMS = Rooms(RoomSettings(), RoomIds(bytes(32)), time.time)
NAME = re.compile(r"\bwsserver_\w+")


@pytest.fixture(scope="module")
def told() -> set[str]:
    """Every name that `/metrics` shows."""
    metrics = Metrics(lambda: 0.0)
    load = SimpleNamespace(waiting=0, seconds=0.0, oldest_seconds=0.0)
    scheduler = SimpleNamespace(ready=True, load=load, busy=0.0)
    gate = SimpleNamespace(sessions=0, most_sessions=32, is_draining=False)
    measure(metrics, gate, NO_ROOMS, scheduler)  # type: ignore[arg-type]
    measure_keeping(metrics, None, None)
    measure_redis(metrics, SimpleNamespace(is_up=True))  # type: ignore[arg-type]
    tell_of_engine(metrics, EngineInfo("practice", ("en",), "cpu", "fp32"))
    body, _ = metrics.render("")
    families = text_string_to_metric_families(body.decode())
    return {name for family in families for name in names(family.name, family.type)}


def names(family: str, kind: str) -> list[str]:
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(kind, [""])
    return [family + suffix for suffix in suffixes]


def queries() -> list[str]:
    variables = {"job": "wsserver", "__rate_interval": rate_interval(15, 15)}
    found = [target for panel in read_panels(DASHBOARD) for target in panel.targets]
    return [resolve(target.expression, variables) for target in found]


def alerts() -> list[str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]


def test_rules_and_dashboard_ask_for_nothing_that_is_not_told(told: set[str]) -> None:
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    asked = {name for rule in rules for name in NAME.findall(rule["expr"])}
    shown = {name for query in queries() for name in NAME.findall(query)}

    assert asked
    assert asked <= told
    assert shown <= told


def test_the_document_says_what_every_alert_and_every_number_means(told: set[str]) -> None:
    text = OPERATIONS.read_text()

    assert [name for name in alerts() if f"`{name}`" not in text] == []
    numbers = {re.sub("_(bucket|sum|count)$", "", name) for name in told}
    assert [name for name in sorted(numbers) if f"`{name}`" not in text] == []


def test_every_panel_asks_what_prometheus_understands(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": each} for n, each in enumerate(queries())]
    (tmp_path / "panels.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]})
    )

    promtool(tmp_path, "check", "rules", "panels.yml")


def test_panels_do_not_lie_upon_each_other() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    squares = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(squares) == len(set(squares))
    assert max(x for x, _ in squares) < 24


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "rules.yml"),
        ("check", "config", "--syntax-only", "prometheus.yml"),
        ("test", "rules", "rules_test.yml"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    promtool(RULES.parent, *arguments)


def promtool(folder: Path, *arguments: str) -> None:
    found = shutil.which("promtool")
    if found is None and not os.environ.get("CI"):
        pytest.skip("found no promtool on the path; Debian's package prometheus has it")
    assert found is not None

    done = subprocess.run(
        [found, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
