"""The files for Ray are what Ray itself takes for right, and what replicas and gateways need."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from wsserver.cluster.way import KEPT_SECONDS
from wsserver.config import Config

ray = pytest.importorskip("ray")
schema = pytest.importorskip("ray.serve.schema")

DEPLOY = Path(__file__).parents[2] / "deploy" / "ray"
CONFIGS = ["serve.yaml", "serve-gpu.yaml"]


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text())
    return document


@pytest.mark.parametrize("name", CONFIGS)
def test_serve_takes_its_file(name: str) -> None:
    deployed = schema.ServeDeploySchema.model_validate(read(name))

    assert [application.name for application in deployed.applications] == ["recognition"]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_replica_takes_its_arguments_and_gives_up_a_batch_before_a_gateway_does(
    name: str,
) -> None:
    from wsserver.cluster.deployment import Arguments

    arguments = Arguments.model_validate(read(name)["applications"][0]["args"])

    assert 2 * arguments.scheduler.timeout_seconds < Config().scheduler.timeout_seconds


@pytest.mark.parametrize("name", CONFIGS)
def test_the_file_names_what_there_is(name: str) -> None:
    from wsserver.cluster import deployment

    (application,) = read(name)["applications"]
    module, function = application["import_path"].split(":")
    (named,) = application["deployments"]

    assert module == deployment.__name__
    built = getattr(deployment, function)(deployment.Arguments())
    assert built._bound_deployment.name == named["name"]


@pytest.mark.parametrize("name", CONFIGS)
def test_connections_are_kept_longer_than_a_gateway_keeps_them(name: str) -> None:
    assert read(name)["http_options"]["keep_alive_timeout_s"] > 2 * KEPT_SECONDS


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"engine": {"kind": "ray", "urls": ["http://a/"]}}, "which is for gateways"),
        ({"engine": {"modelname": "base"}}, "engine.modelname"),
        ({"scheduler": {"max_batch": 0}}, "scheduler.max_batch"),
        ({"model": "base"}, "model"),
    ],
)
def test_wrong_arguments_are_told(args: dict[str, Any], told: str) -> None:
    from wsserver.cluster.deployment import Arguments

    with pytest.raises(ValidationError, match=told):
        Arguments.model_validate(args)


def test_the_cluster_is_one_that_ray_takes() -> None:
    path = Path(ray.__file__).parent / "autoscaler" / "ray-schema.json"

    jsonschema.validate(read("cluster.yaml"), json.loads(path.read_text()))
