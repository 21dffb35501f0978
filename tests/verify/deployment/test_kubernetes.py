"""The chart and the manifests, by Helm, kubectl, and the schemas of Kubernetes.

There is no cluster, so that most of what the manifests do in one is not tested. The
files of the ConfigMap and the arguments of the container start a gateway, whose probes
respond.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from tests.support.demo import ROOT
from tests.support.helm import Tools, run
from tests.support.ports import free_port

CHART = ROOT / "deploy" / "helm" / "weir"
MANIFESTS = ROOT / "deploy" / "kubernetes" / "weir.yaml"


def documents(text: str) -> list[dict[str, Any]]:
    return [each for each in YAML(typ="safe").load_all(text) if each is not None]


def of_kind(manifests: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(each for each in manifests if each["kind"] == kind)


def assert_valid(rendered: str, folder: Path) -> None:
    file = folder / "rendered.yaml"
    file.write_text(rendered)
    # Its module has no types, and is only installed for this test.
    printed = run(sys.executable, "-m", "kubernetes_validate", "--strict", str(file))
    # Kinds without a schema pass with a warning. HTTPRoute is not one of Kubernetes.
    warnings = [line for line in printed.splitlines() if line.startswith("WARN")]
    assert all("kind HTTPRoute" in each for each in warnings), warnings


def test_the_chart_passes_the_linter(programs: Tools) -> None:
    printed = run(programs.helm, "lint", "--strict", str(CHART))

    assert "0 chart(s) failed" in printed


def test_the_manifests_are_those_of_the_chart(programs: Tools) -> None:
    # helm template weir deploy/helm/weir > deploy/kubernetes/weir.yaml
    assert programs.rendered(CHART) == MANIFESTS.read_text()


def test_the_manifests_are_valid(tmp_path: Path) -> None:
    assert_valid(MANIFESTS.read_text(), tmp_path)


def test_a_wrong_manifest_is_found(tmp_path: Path) -> None:
    wrong = MANIFESTS.read_text().replace("maxReplicas:", "maximumReplicas:")

    with pytest.raises(AssertionError, match=r"maxReplicas. is a required"):
        assert_valid(wrong, tmp_path)


EVERYTHING = {
    "secretName": "weir-secrets",
    "env": [{"name": "PARTNER_URL", "value": "http://partner.example"}],
    "autoscaling": {"targetRequestsInFlight": 100},
    "route": {
        "enabled": True,
        "parentRefs": [{"name": "front"}],
        "hostnames": ["api.shop.example"],
    },
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "hosts": ["api.shop.example"],
        "tls": [{"hosts": ["api.shop.example"], "secretName": "tls"}],
    },
    "networkPolicy": {"clients": [{"podSelector": {"matchLabels": {"app": "front"}}}]},
    "podAnnotations": {"team": "api"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "api", "operator": "Exists"}],
}


def test_the_manifests_with_every_value_are_valid(
    programs: Tools, tmp_path: Path
) -> None:
    values = tmp_path / "values.json"
    values.write_text(json.dumps(EVERYTHING))

    text = programs.rendered(CHART, "--values", str(values))

    assert_valid(text, tmp_path)
    rendered = documents(text)
    assert {each["kind"] for each in rendered} >= {"HTTPRoute", "Ingress"}
    container = of_kind(rendered, "Deployment")["spec"]["template"]["spec"][
        "containers"
    ][0]
    assert container["envFrom"] == [{"secretRef": {"name": "weir-secrets"}}]
    assert len(of_kind(rendered, "HorizontalPodAutoscaler")["spec"]["metrics"]) == 2


def test_the_folder_is_a_kustomization(programs: Tools) -> None:
    printed = run(programs.kubectl, "kustomize", str(MANIFESTS.parent))

    assert {each["kind"] for each in documents(printed)} == {
        each["kind"] for each in documents(MANIFESTS.read_text())
    }


def test_the_container_of_the_chart_serves_and_drains(tmp_path: Path) -> None:
    manifests = documents(MANIFESTS.read_text())
    pod = of_kind(manifests, "Deployment")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    port, probes = free_port(), free_port()
    config, state = tmp_path / "etc", tmp_path / "state"
    for item in pod["volumes"][0]["configMap"]["items"]:
        file = config / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        text: str = of_kind(manifests, "ConfigMap")["data"][item["key"]]
        text = text.replace("4000", str(port)).replace("4002", str(probes))
        file.write_text(text.replace("port:", "control: 127.0.0.1:0, port:"))
    arguments = [
        each.replace("/etc/weir", str(config)).replace("/var/lib/weir", str(state))
        for each in container["args"]
    ]

    process = subprocess.Popen([sys.executable, "-m", "weir", *arguments], cwd=ROOT)
    try:
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            path = container[name]["httpGet"]["path"]
            assert _succeeds(process, f"http://127.0.0.1:{probes}{path}")
        query = {"query": "{ __typename }"}
        response = httpx.post(f"http://127.0.0.1:{port}/web/graphql", json=query)
        process.send_signal(signal.SIGTERM)
        assert process.wait(pod["terminationGracePeriodSeconds"] + 60) == 0
    finally:
        process.kill()

    assert response.json() == {"data": {"__typename": "Query"}}


def _succeeds(process: subprocess.Popen[bytes], url: str) -> bool:
    """Probe until success, as the kubelet does."""
    deadline_s = time.monotonic() + 120
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            if httpx.get(url).status_code == httpx.codes.OK:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    return False
