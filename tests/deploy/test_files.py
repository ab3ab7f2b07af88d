"""What stands in deploy/ is what the real programs take: nginx, systemd, Prometheus, the schemas of compose and Kubernetes."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest
import yaml

from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.ports import free_port
from onesoup.settings import PREFIX, Settings, load, reference
from tests.support.promised import METRICS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
# Names of metrics; "up" and those of every process are Prometheus's own.
NAME = re.compile(r"\b((?:onesoup|process)_[a-z0-9_]+)\b(?!:)")


def program(name):
    found = shutil.which(name, path=PATHS)
    if not found:
        pytest.skip(f"needs {name}")
    return found


def ran(*argv, **more):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


# --- nginx ---


@pytest.mark.parametrize("file", ["nginx.conf", "compose/nginx.conf"])
def test_nginx_takes_its_configuration(file, tmp_path):
    nginx = program("nginx")
    text = (DEPLOY / file).read_text()
    if not STREAM.exists():
        text = text.partition("\nstream {")[0]
    text = re.sub(r"\b(web|cir)-[12]:", "127.0.0.1:", text).replace("/var/log/nginx", str(tmp_path))
    if "events {" not in text:
        text = "events { }\n" + text
    (tmp_path / "nginx.conf").write_text(
        (f"load_module {STREAM};\n" if STREAM.exists() else "") + f"pid {tmp_path}/pid;\n" + text
    )
    said = ran(nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr")
    assert "warn" not in said


def test_nginx_of_the_containers_differs_in_addresses_only():
    """Whoever changes one file changes the other."""

    def rules(path):
        text = path.read_text()
        text = text[text.index("http {") :].partition("    # The page on which people choose a password")
        lines = [line.partition("#")[0].strip() for line in (text[0] + text[2].partition("\n}\n")[2]).splitlines()]
        places = r"server \S+:\d+.*;|access_log|upstream onesoup_cir \{|proxy_pass http://(onesoup_cir|127.0.0.1:8090);|\}?"
        return [line for line in lines if not re.fullmatch(places, line) and not line.startswith("access_log")]

    assert rules(DEPLOY / "compose" / "nginx.conf") == rules(DEPLOY / "nginx.conf")


# --- systemd ---


def test_systemd_takes_the_units(tmp_path):
    """With the program where it is here: a unit whose program is missing would not be looked at."""
    analyze = program("systemd-analyze")
    units = []
    for file in sorted((DEPLOY / "systemd").iterdir()):
        if file.suffix in (".service", ".socket", ".target"):
            text = file.read_text().replace("/opt/onesoup/.venv/bin/onesoup", str(Path(sys.prefix, "bin", "onesoup")))
            unit = tmp_path / file.name.replace("@.", "@1.")
            (tmp_path / file.name).write_text(text)
            unit.write_text(text)
            units.append(unit)
    assert {unit.suffix for unit in units} == {".service", ".socket", ".target"}
    said = ran(analyze, "verify", *map(str, units), env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": PATHS})
    ours = [line for line in said.splitlines() if str(tmp_path) in line or "onesoup" in line]
    assert ours == []


def test_units_name_no_setting_that_does_not_exist():
    known = {PREFIX + row["name"].upper() for row in reference()}
    known |= {name + "_FILE" for name in known} | {PREFIX + "CONFIG"}
    files = [*(DEPLOY / "systemd").iterdir(), DEPLOY / "Dockerfile", DEPLOY / "k8s" / "onesoup.yaml"]
    for file in files:
        named = set(re.findall(r"^#?(?:ENV |Environment=| +)?(ONESOUP_[A-Z_]+)\s*[=:]", file.read_text(), re.MULTILINE))
        assert named <= known, file.name
    used = {
        name for service in COMPOSE["services"].values() for name in service.get("environment") or {} if name.startswith(PREFIX)
    }
    assert used
    assert used <= known


def test_the_settings_of_the_units_can_be_used():
    lines = (line for line in (DEPLOY / "systemd" / "onesoup.env").read_text().splitlines() if line and not line.startswith("#"))
    assert load(dict(line.split("=", 1) for line in lines)).stcp_proxy is True


# --- compose ---


def test_compose_follows_its_schema():
    ran(
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(DEPLOY / "compose" / "compose.yaml"),
    )


def test_compose_has_every_part_and_nothing_that_is_missing_here():
    services = COMPOSE["services"]
    roles = [service["command"][0] for service in services.values() if service.get("image") == "onesoup" and "command" in service]
    assert {role: roles.count(role) for role in ("web", "holder", "cir")} == {"web": 2, "holder": 2, "cir": 2}
    assert sum(name.startswith("sentinel-") for name in services) == 3
    assert {name: services[name].get("profiles") for name in ("kannel", "prometheus", "grafana")} == {
        "kannel": ["sms"],
        "prometheus": ["metrics"],
        "grafana": ["metrics"],
    }
    here = DEPLOY / "compose"
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (here / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume
        if "build" in service:
            context = here / service["build"]["context"]
            assert (context / service["build"].get("dockerfile", "Dockerfile")).exists()
        for name in service.get("networks", ()):
            assert name in COMPOSE["networks"]
        for name in service.get("depends_on", ()):
            assert name in services


def test_phones_cannot_reach_redis_and_redis_keeps_everything():
    services = COMPOSE["services"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name, service in services.items():
        assert ("ports" in service) == (name in ("nginx", "grafana")), name
        if name.startswith(("redis", "sentinel", "prosody")):
            assert "front" not in service["networks"], name
    for name in ("redis-1", "redis-2"):
        words = " ".join(services[name]["command"])
        assert "--appendonly yes" in words
        assert "noeviction" in words
    assert "back" not in services["nginx"]["networks"]


def test_the_settings_of_the_containers_can_be_used():
    for name, service in COMPOSE["services"].items():
        if service.get("image") == "onesoup" and service.get("environment"):
            environ = {key: re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", value) for key, value in service["environment"].items()}
            assert load(environ).redis_url.startswith("redis+sentinel://"), name


def test_prosody_is_none_with_known_holes():
    """CVE-2026-43506 and -43507: before 0.12.6, and of the next line before 13.0.5. The build refuses what is older."""
    text = (DEPLOY / "prosody" / "Dockerfile").read_text()
    oldest = tuple(map(int, re.search(r"ARG OLDEST=([0-9.]+)", text)[1].split(".")))
    assert oldest >= (13, 0, 5)
    assert 'dpkg --compare-versions "$(dpkg-query -W -f \'${Version}\' prosody)" ge "$OLDEST"' in text


def test_prosody_takes_its_configuration():
    with tempfile.TemporaryDirectory() as place:  # prosodyctl becomes another user, who may not read the checkout
        Path(place).chmod(0o755)
        config = Path(shutil.copy(DEPLOY / "prosody" / "prosody.cfg.lua", place))
        config.chmod(0o644)
        said = subprocess.run(
            [program("prosodyctl"), "--config", str(config), "check", "config"],
            env={"PATH": PATHS, "ENV_DOMAIN": "example.org", "DOMAIN": "example.org"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert "All checks passed" in said.stdout, said.stdout + said.stderr


# --- the image ---


def test_the_image_is_built_from_what_is_here_and_does_not_run_as_root():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
    assert "USER 10001" in lines
    image = next(line for line in lines if line.startswith("FROM"))
    assert re.search(r"python:3\.\d+-slim", image)


# --- Prometheus and Grafana ---


def test_prometheus_takes_rules_and_configuration():
    promtool = program("promtool")
    ran(promtool, "check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))
    ran(promtool, "test", "rules", str(DEPLOY / "prometheus" / "rules.test.yml"))


def test_every_alert_is_tested_and_says_what_to_do():
    (group,) = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
    alerts = {rule["alert"]: rule for rule in group["rules"] if "alert" in rule}
    (cases,) = yaml.safe_load((DEPLOY / "prometheus" / "rules.test.yml").read_text())["tests"]
    quiet = {case["alertname"] for case in cases["alert_rule_test"] if not case["exp_alerts"]}
    firing = {case["alertname"] for case in cases["alert_rule_test"] if case["exp_alerts"]}
    assert quiet == firing == set(alerts)
    for rule in alerts.values():
        assert {"summary", "do"} <= set(rule["annotations"])


@pytest.mark.parametrize("file", ["prometheus/rules.yml", "prometheus/rules.test.yml", "grafana/onesoup.json"])
def test_only_metrics_are_used_that_exist(file):
    text = (DEPLOY / file).read_text()
    named = set(NAME.findall(text))
    assert named
    # Advice for people names a histogram as a whole.
    families = {name.removesuffix("_bucket") for name in METRICS}
    assert named <= METRICS | families | {"process_resident_memory_bytes"}


def test_every_metric_of_the_sources_is_promised():
    made = re.compile(r"(?:Counter|Counted|Gauge|Histogram|GaugeMetricFamily)\(\s*\"(onesoup_\w+)\"")
    sources = (path for part in ("onesoup", "workers", "cir") for path in (ROOT / part).rglob("*.py"))
    found = {name for path in sources for name in made.findall(path.read_text())}
    assert found == {re.sub(r"_(bucket|sum|count)$", "", name) for name in METRICS}


def test_the_dashboard_shows_every_metric_and_is_as_its_tool_writes_it():
    spec = importlib.util.spec_from_file_location("make_dashboard", ROOT / "tools" / "make_dashboard.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = (DEPLOY / "grafana" / "onesoup.json").read_text()
    assert text == tool.text()
    board = json.loads(text)
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    shown = set(NAME.findall(text)) | {"onesoup_csp_request_seconds_bucket"}
    counted = {name for name in METRICS if not name.endswith(("_sum", "_count", "_created"))}
    # Rules that are recorded stand for what they are made of; accounts that phones make have no panel of their own.
    assert counted - shown <= {"onesoup_registrations_total", "onesoup_sms_submits_total"}


def test_the_page_on_monitoring_knows_every_metric_and_every_alert():
    text = (ROOT / "docs" / "monitoring.md").read_text()
    for name in METRICS:
        assert re.sub(r"_(bucket|sum|count)$", "", name) in text, name
    (group,) = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
    for rule in group["rules"]:
        assert rule.get("alert", "") in text


def test_grafana_finds_its_files():
    for file in (DEPLOY / "grafana" / "provisioning").rglob("*.yaml"):
        assert yaml.safe_load(file.read_text())["apiVersion"] == 1
    mounted = [volume.split(":")[1] for volume in COMPOSE["services"]["grafana"]["volumes"]]
    assert "/var/lib/grafana/dashboards/onesoup.json" in mounted


# --- Kubernetes ---


@pytest.mark.parametrize("file", sorted(path.name for path in (DEPLOY / "k8s").iterdir()))
def test_kubernetes_manifests_follow_its_schemas(file):
    ran(sys.executable, "-m", "kubernetes_validate", "--strict", "--quiet", str(DEPLOY / "k8s" / file))


def test_kubernetes_names_fit_together():
    found = [each for path in sorted((DEPLOY / "k8s").iterdir()) for each in yaml.safe_load_all(path.read_text())]
    kinds = {(each["kind"], each["metadata"]["name"]): each for each in found}
    roles = {"web": 9471, "holder": 9472, "cir": 9473}
    for role, port in roles.items():
        pod = kinds["Deployment", f"onesoup-{role}"]["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        assert ports["admin"] == port
        assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(port)
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "admin"}
        assert ("PodDisruptionBudget", f"onesoup-{role}") in kinds
        assert pod["spec"]["terminationGracePeriodSeconds"] > Settings().drain_seconds + 5
        for service in (each for each in found if each["kind"] == "Service"):
            if service["spec"]["selector"]["app.kubernetes.io/component"] == role:
                assert {each["targetPort"] for each in service["spec"]["ports"]} <= set(ports)
    (ingress,) = [each for each in found if each["kind"] == "Ingress"]
    for path in ingress["spec"]["rules"][0]["http"]["paths"]:
        service = path["backend"]["service"]
        target = kinds["Service", service["name"]]["spec"]["ports"]
        assert service["port"]["name"] in {each["name"] for each in target}


# --- Kannel ---


def test_kannel_takes_its_configuration_and_serves_onesoup(tmp_path):
    """Both of its programs, with ports of ours; a message goes as far as the carrier that is not there."""
    program("bearerbox")
    ports = {number: str(free_port()) for number in ("13000", "13001", "13013", "10000")}
    text = (DEPLOY / "kannel" / "kannel.conf").read_text().replace("@SMS_PASSWORD@", "soup")
    for shipped, ours in ports.items():
        assert f"port = {shipped}" in text
        text = text.replace(f"port = {shipped}", f"port = {ours}")
    (tmp_path / "kannel.conf").write_text(text)
    running = []
    try:
        for name, port in (("bearerbox", ports["13001"]), ("smsbox", ports["13013"])):
            process = Process(name, [program(name), str(tmp_path / "kannel.conf")], {"PATH": PATHS}, tmp_path / f"{name}.log")
            running.append(process)
            process.start()
            process.wait_until(lambda port=port: connects("127.0.0.1", int(port)))
        url = f"http://127.0.0.1:{ports['13013']}/cgi-bin/sendsms?user=onesoup&pass=soup&to=%2B15550100123&from=100&text=x"
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.status in (200, 202)
        assert "PANIC" not in "".join(each.output() for each in running)
    finally:
        for process in reversed(running):
            process.kill()


@pytest.mark.parametrize("file", ["kannel/start", "prosody/start"])
def test_start_scripts_can_be_read_by_the_shell(file):
    ran("sh", "-n", str(DEPLOY / file))
