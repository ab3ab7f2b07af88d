"""Pods of deploy/k8s as containers: their security context, probes, limits, mounts and last words are read from the manifests."""

import http.client
import time
from pathlib import Path
from typing import Any

import gevent
import yaml

from tests.containers.deployment import NETWORK, PROJECT, SENTINELS, Deployment
from tests.containers.engine import EngineError

K8S = Path(__file__).resolve().parents[2] / "deploy/k8s"


def manifests() -> list[dict[str, Any]]:
    return [each for path in sorted(K8S.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text()) if each]


def run(deployment: Deployment, image: str, work: Path) -> str:
    """Each pod starts, gets ready within what its probes allow, and stops within its grace. What it says is a line."""
    secrets = _secrets(deployment)
    settings = next(each["data"] for each in manifests() if each["kind"] == "ConfigMap")
    told = []
    for each in manifests():
        if each["kind"] == "Deployment":
            told.append(_Pod(deployment, image, each["spec"]["template"]["spec"], settings, secrets).lives())
    deployment.engine.run("volume", "rm", secrets)
    return "; ".join(told)


def _secrets(deployment: Deployment) -> str:
    """A volume as the kubelet mounts a secret: of root, group fsGroup, mode 0440."""
    volume = f"{PROJECT}-secrets"
    url = f"redis+sentinel://{','.join(f'{NETWORK}.2.{21 + number}' for number in range(len(SENTINELS)))}/onesoup/0"
    script = f"cp /keys/keys /secrets/keys; echo {url} >/secrets/redis-url; chown -R 0:10001 /secrets; chmod 750 /secrets; chmod 440 /secrets/*"
    mounts = ["--volume", f"{PROJECT}_keys:/keys:ro", "--volume", f"{volume}:/secrets"]
    deployment.engine.run("run", "--rm", "--user", "0", *mounts, "--entrypoint", "sh", deployment.image, "-c", script)
    return volume


class _Pod:
    def __init__(self, deployment: Deployment, image: str, spec: dict[str, Any], settings: dict[str, str], secrets: str) -> None:
        self._deployment, self._engine = deployment, deployment.engine
        self._image, self._spec, self._settings, self._secrets = image, spec, settings, secrets
        (self._container,) = spec["containers"]
        self._name = f"{PROJECT}-pod-{self._container['name']}"

    def lives(self) -> str:
        self._engine.run("rm", "--force", self._name, check=False)
        self._engine.run(*self._argv())
        try:
            ready = self._gets_ready()
            used = self._memory()
            took, status = self._ends()
        except BaseException:
            print(self._engine.run("logs", "--tail", "20", self._name, check=False))
            raise
        finally:
            self._engine.run("rm", "--force", self._name, check=False)
        grace = self._spec["terminationGracePeriodSeconds"]
        if status or took > grace:
            raise EngineError(f"{self._name}: ended with status {status} after {took:.1f} of {grace} s")
        return f"{self._container['name']} ready after {ready:.1f} s, {used}, gone after {took:.1f} s"

    def _argv(self) -> list[str]:
        pod, own = self._spec["securityContext"], self._container["securityContext"]
        assert pod["runAsNonRoot"]
        assert own["readOnlyRootFilesystem"]
        argv = ["run", "--detach", "--name", self._name, "--network", f"{PROJECT}_back", "--read-only", "--no-healthcheck"]
        argv += ["--user", f"{pod['runAsUser']}:{pod['runAsUser']}", "--group-add", str(pod["fsGroup"])]
        argv += [word for drop in own["capabilities"]["drop"] for word in ("--cap-drop", drop)]
        if not own["allowPrivilegeEscalation"]:
            argv += ["--security-opt", "no-new-privileges:true"]
        argv += ["--memory", self._container["resources"]["limits"]["memory"].replace("i", "").lower()]
        volumes = {each["name"]: each for each in self._spec["volumes"]}
        for mount in self._container["volumeMounts"]:
            if "secret" in volumes[mount["name"]]:
                argv += ["--volume", f"{self._secrets}:{mount['mountPath']}:ro"]
            else:
                argv += ["--tmpfs", f"{mount['mountPath']}:uid=0,gid={pod['fsGroup']},mode=2775"]
        settings = self._settings | {each["name"]: each["value"] for each in self._container.get("env", []) if "value" in each}
        for name, value in settings.items():
            argv += ["--env", f"{name}={value}"]
        return [*argv, self._image, *self._container["args"]]

    def _asks(self, probe: dict[str, Any]) -> bool:
        """As the kubelet does."""
        ports = {each["name"]: each["containerPort"] for each in self._container["ports"]}
        address = self._engine.run("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self._name).strip()
        if not address:
            return False
        link = http.client.HTTPConnection(address, ports[probe["httpGet"]["port"]], timeout=probe.get("timeoutSeconds", 1))
        try:
            link.request("GET", probe["httpGet"]["path"])
            return 200 <= link.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def _gets_ready(self) -> float:
        began = time.monotonic()
        startup = self._container["startupProbe"]
        for _ in range(startup["failureThreshold"]):
            if self._asks(startup):
                break
            gevent.sleep(startup["periodSeconds"])
        else:
            raise EngineError(f"{self._name}: its startup probe fails")
        self._deployment.until(lambda: self._asks(self._container["readinessProbe"]), 60.0, why=f"{self._name} is ready")
        if not self._asks(self._container["livenessProbe"]):
            raise EngineError(f"{self._name}: its liveness probe fails")
        return time.monotonic() - began

    def _memory(self) -> str:
        return self._engine.run("stats", "--no-stream", "--format", "{{.MemUsage}}", self._name).split(" /")[0].strip()

    def _ends(self) -> tuple[float, int]:
        """preStop, then SIGTERM."""
        began = time.monotonic()
        hook = self._container.get("lifecycle", {}).get("preStop")
        if hook:
            self._engine.run("exec", self._name, *hook["exec"]["command"])
        self._engine.run("kill", "--signal", "TERM", self._name)
        grace = self._spec["terminationGracePeriodSeconds"]
        status = self._engine.run("wait", self._name, timeout=grace + 5).strip()
        return time.monotonic() - began, int(status)


__all__ = ["manifests", "run"]
