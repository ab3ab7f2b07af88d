"""`kubectl apply -f deploy/k8s/` with a real kubectl, against a server that knows of order and kinds what any API server does."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

K8S = Path(__file__).resolve().parents[2] / "deploy/k8s"
KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(not KUBECTL, reason="needs kubectl")

# kind -> (group and version, plural, namespaced): what the server offers.
KINDS = {
    "Namespace": ("v1", "namespaces", False),
    "ConfigMap": ("v1", "configmaps", True),
    "Service": ("v1", "services", True),
    "Deployment": ("apps/v1", "deployments", True),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets", True),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers", True),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies", True),
}


def resources(version: str) -> dict[str, Any]:
    found = [
        {"name": plural, "singularName": "", "kind": kind, "namespaced": namespaced, "verbs": ["create", "get", "list", "patch"]}
        for kind, (where, plural, namespaced) in KINDS.items()
        if where == version
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": found}


def groups() -> dict[str, Any]:
    versions = sorted({version for version, _, _ in KINDS.values() if "/" in version})
    found = []
    for version in versions:
        name, _, number = version.partition("/")
        told = {"groupVersion": version, "version": number}
        found.append({"name": name, "versions": [told], "preferredVersion": told})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


class Server(ThreadingHTTPServer):
    """Objects by their paths. What lies in a namespace that is not there is refused."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, dict[str, Any]] = {}
        self.made: list[str] = []

    def kinds(self) -> list[tuple[str, str]]:
        return sorted((each["kind"], each["metadata"]["name"]) for each in self.objects.values())


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/api":
            self._says(200, {"kind": "APIVersions", "versions": ["v1"]})
        elif path == "/apis":
            self._says(200, groups())
        elif (found := re.fullmatch(r"/api/(v1)|/apis/([^/]+/v\d)", path)) is not None:
            self._says(200, resources(found[1] or found[2]))
        elif path in self.server.objects:
            self._says(200, self.server.objects[path])
        else:
            self._refuses(404, f'"{path}" not found')

    def do_POST(self) -> None:
        path, what = self.path.partition("?")[0], self._read()
        namespace = re.search(r"/namespaces/([^/]+)/", path)
        kind = what["kind"]
        if kind not in KINDS or KINDS[kind][:2] != (what["apiVersion"], path.rpartition("/")[2]):
            self._refuses(400, f"no kind {kind} of {what['apiVersion']} at {path}")
        elif namespace is not None and f"/api/v1/namespaces/{namespace[1]}" not in self.server.objects:
            self._refuses(404, f'namespaces "{namespace[1]}" not found')
        else:
            self.server.objects[f"{path}/{what['metadata']['name']}"] = what
            self.server.made.append(kind)
            self._says(201, what)

    def do_PATCH(self) -> None:
        self._read()
        self._says(200, self.server.objects[self.path.partition("?")[0]])

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return found

    def _refuses(self, code: int, why: str) -> None:
        reason = {404: "NotFound", 400: "BadRequest"}[code]
        self._says(
            code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": why, "reason": reason, "code": code}
        )

    def _says(self, code: int, what: dict[str, Any]) -> None:
        octets = json.dumps(what).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def apply(server: Server, place: Path, home: Path) -> subprocess.CompletedProcess[str]:
    argv = [str(KUBECTL), "--server", f"http://127.0.0.1:{server.server_port}", "apply", "--validate=false", "-f", str(place)]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "KUBECONFIG": "/dev/null"}
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_all_of_it_is_applied_at_the_first_try_and_again(server, tmp_path):
    done = apply(server, K8S, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = sorted(
        (each["kind"], each["metadata"]["name"]) for path in K8S.glob("*.yaml") for each in yaml.safe_load_all(path.read_text())
    )
    assert server.kinds() == wanted
    assert server.made[0] == "Namespace"
    again = apply(server, K8S, tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(server.made) == len(wanted)


def test_a_namespace_that_comes_last_would_be_noticed(server, tmp_path):
    place = Path(shutil.copytree(K8S, tmp_path / "k8s"))
    (place / "00-onesoup.yaml").rename(place / "zz.yaml")
    done = apply(server, place, tmp_path)
    assert done.returncode != 0
    assert 'namespaces "onesoup" not found' in done.stderr
