"""What cannot be run here is at least what its own tools take for right."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from wsserver import config
from wsserver.webhooks import dispatch
from wsserver.workers.supervisor import stop_seconds

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "wsserver.yaml").read_text()))
SCALER: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes/autoscaling.yaml").read_text())
GPU = yaml.safe_load((DEPLOY / "docker" / "compose.gpu.yml").read_text())["services"]["wsserver"]
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yml").read_text())
VARIABLE = re.compile(r"\bWSSERVER_[A-Z]+__[A-Z_]+")
VALUES = {
    "WSSERVER_SERVER__KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "WSSERVER_SERVER__ADMISSION__TOKENS": "[]",
    "WSSERVER_SERVER__ADMISSION__TRUST_FORWARDED_FOR": "1",
    "WSSERVER_SERVER__HOST": "0.0.0.0",
    "WSSERVER_ENGINE__MODEL": "base",
    "WSSERVER_ENGINE__DEVICE": "cuda",
    "WSSERVER_REDIS__URL": "redis://redis:6379/0",
}


def run(*command: str | Path, **environment: str) -> None:
    """Run what is on the path, beside this Python, or has to be there in CI."""
    beside = Path(sys.executable).parent / str(command[0])
    found = str(beside) if beside.exists() else shutil.which(str(command[0]))
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"found no {command[0]} on the path")
    assert found is not None

    done = subprocess.run(
        [found, *map(str, command[1:])],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_has_no_known_weakness() -> None:
    run("hadolint", "Dockerfile")


def sources() -> set[str]:
    """Find out what the image is made of."""
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text())
    return {name for line in copied for name in line.split()}


def test_the_image_is_made_of_what_there_is() -> None:
    let_in = re.findall(r"(?m)^!(.+)$", (ROOT / ".dockerignore").read_text())

    assert sources() == set(let_in)
    assert [name for name in sources() if not (ROOT / name).exists()] == []


def test_a_ray_cluster_installs_what_the_image_is_made_of() -> None:
    cluster = yaml.safe_load((DEPLOY / "ray" / "cluster.yaml").read_text())
    mounted: dict[str, str] = cluster["file_mounts"]

    assert {f"~/source/{name}": name for name in sources()}.items() <= mounted.items()
    assert [each for each in mounted.values() if not (ROOT / each).exists()] == []
    assert "pip install --constraint constraints.txt '.[ray]'" in cluster["setup_commands"][-1]


@pytest.mark.parametrize("name", ["compose.yml", "compose.gpu.yml"])
def test_the_site_is_one_that_compose_takes(name: str) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "docker" / name)


def test_both_images_are_made_and_neither_is_root_s() -> None:
    stages = re.findall(r"(?m)^FROM (\S+) AS (\S+)$", (ROOT / "Dockerfile").read_text())
    built = {COMPOSE["services"]["wsserver"]["build"]["target"], GPU["build"]["target"]}

    assert stages[-2:] == [("server", "cuda"), ("server", "cpu")]
    assert built == {"cpu", "cuda"}
    server = (ROOT / "Dockerfile").read_text().partition(" AS server\n")[2]
    assert re.findall(r"(?m)^USER (\S+)$", server) == ["10001"]
    assert server.count("HEALTHCHECK") == 1


def test_the_alerts_go_where_amtool_says_they_can() -> None:
    run("amtool", "check-config", DEPLOY / "prometheus" / "alertmanager.yml")


def test_the_site_s_prometheus_finds_who_is_in_it() -> None:
    told = yaml.safe_load((DEPLOY / "docker" / "prometheus.yml").read_text())
    targets = [
        target
        for found in (*told["scrape_configs"], *told["alerting"]["alertmanagers"])
        for static in found["static_configs"]
        for target in static["targets"]
    ]

    assert len(targets) == 2
    assert {target.split(":")[0] for target in targets} <= COMPOSE["services"].keys()


def test_the_site_mounts_what_there_is() -> None:
    mounted = [
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith(".")
    ]

    assert mounted
    assert [path for path in mounted if not (DEPLOY / "docker" / path).exists()] == []


def test_every_variable_of_the_site_is_explained() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "docker" / "compose.yml").read_text()))
    asked |= {secret["environment"] for secret in COMPOSE["secrets"].values()}
    explained = re.findall(
        r"^(\w+)=", (DEPLOY / "docker" / "example.env").read_text(), re.MULTILINE
    )

    assert asked == set(explained)


def test_the_tokens_of_the_site_are_written_as_the_configuration_takes_them() -> None:
    written = re.findall(r"(?m)^# (\[\{.+)$", (DEPLOY / "docker" / "example.env").read_text())
    tokens = [line.replace("...", "0" * 64) for line in written]

    loaded = [config.load(None, {"WSSERVER_SERVER__ADMISSION__TOKENS": each}) for each in tokens]

    names = [token.name for each in loaded for token in each.server.admission.tokens]
    assert names == ["ada", "prometheus"]


def test_the_proxy_takes_its_file() -> None:
    run(
        *("caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "docker/Caddyfile"),
        DOMAIN="dictation.example.org",
    )


@pytest.mark.parametrize(
    "manifest", [*MANIFESTS, SCALER], ids=lambda manifest: str(manifest["kind"])
)
def test_a_manifest_is_one_that_kubernetes_takes(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.31", strict=True)


def test_the_manifests_find_each_other() -> None:
    deployment, service, budget, redis, redis_service = MANIFESTS
    labels = deployment["spec"]["template"]["metadata"]["labels"]

    assert service["spec"]["selector"] == labels
    assert budget["spec"]["selector"]["matchLabels"] == labels
    assert budget["spec"]["minAvailable"] < deployment["spec"]["replicas"]
    spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert {each["labelSelector"]["matchLabels"]["app"] for each in spread} == {labels["app"]}
    scaled = SCALER["spec"]
    assert scaled["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert scaled["minReplicas"] > budget["spec"]["minAvailable"]
    assert redis_service["spec"]["selector"] == redis["spec"]["template"]["metadata"]["labels"]


def test_servers_that_are_several_find_their_redis() -> None:
    deployment, *_, redis_service = MANIFESTS
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    environment = {each["name"]: each.get("value") for each in container["env"]}
    there = config.load(None, {"WSSERVER_REDIS__URL": environment["WSSERVER_REDIS__URL"]}).redis
    here = COMPOSE["services"]["wsserver"]["environment"]["WSSERVER_REDIS__URL"]
    port = redis_service["spec"]["ports"][0]["port"]

    assert there.place == f"redis://{redis_service['metadata']['name']}:{port}"
    assert config.load(None, {"WSSERVER_REDIS__URL": here}).redis.place == "redis://redis:6379"


def test_the_redis_of_each_site_keeps_nothing_and_has_a_bound() -> None:
    commands = [
        COMPOSE["services"]["redis"]["command"],
        MANIFESTS[3]["spec"]["template"]["spec"]["containers"][0]["args"],
    ]
    for command in commands:
        options = dict(zip(command[1::2], command[2::2], strict=True))

        assert (options["--save"], options["--appendonly"]) == ("", "no")
        assert options["--maxmemory"] == "256mb"


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = (DEPLOY / "systemd" / "wsserver.service").read_text()
    here = tmp_path / "wsserver.service"
    here.write_text(unit.replace("/opt/wsserver/bin/wsserver", sys.executable))

    run("systemd-analyze", "verify", "--man=no", here)


@pytest.mark.parametrize(
    "path", ["Dockerfile", "deploy/docker/compose.yml", "deploy/kubernetes/wsserver.yaml"]
)
def test_every_variable_is_a_key_of_the_configuration(path: str) -> None:
    variables = set(VARIABLE.findall((ROOT / path).read_text()))

    loaded = config.load(None, {name: VALUES[name] for name in variables})

    assert variables
    assert loaded


def test_whoever_stops_it_waits_until_it_has_drained() -> None:
    keeping = config.load(None, {"WSSERVER_STORE__FOLDER": "store"})
    needed = stop_seconds(keeping) + dispatch.FAREWELL_SECONDS
    unit = (DEPLOY / "systemd" / "wsserver.service").read_text()

    pod = MANIFESTS[0]["spec"]["template"]["spec"]
    waits = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert pod["terminationGracePeriodSeconds"] > needed + int(waits[1])
    assert int(COMPOSE["services"]["wsserver"]["stop_grace_period"].rstrip("s")) > needed
    assert int(re.findall(r"(?m)^TimeoutStopSec=(\d+)$", unit)[0]) > needed
