"""What stands in deploy/ is what the real programs take: nginx, systemd, Prometheus, the schemas of compose and Kubernetes."""

import json
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

import pytest
import yaml

from onesoup import __version__
from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.runtime.ports import free_port
from onesoup.settings import ENV_PREFIX, Settings, load_settings, settings_reference
from tests.support.promised import METRICS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
TIMES = 5
PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
COMPOSE_TEXT = (DEPLOY / "compose" / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
OURS = f"${{ONESOUP_IMAGE:-onesoup:{__version__}}}"
# ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:+what stands there when it is set}; a value may hold another one.
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?:(:?[-+])((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*))?\}")


def interpolated(text, environ):
    """As compose does it."""

    def value(found):
        name, sign, other = found[1], found[2] or "", found[3] or ""
        given = environ.get(name)
        if sign.endswith("+"):
            return interpolated(other, environ) if given else ""
        return interpolated(other, environ) if given is None or (not given and sign == ":-") else given

    return VARIABLE.sub(value, text)


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


def edge():
    """The configuration of the nginx of Kubernetes."""
    maps = (each for each in yaml.safe_load_all((DEPLOY / "k8s" / "edge.yaml").read_text()) if each["kind"] == "ConfigMap")
    return next(maps)["data"]["nginx.conf"]


def with_wap():
    """The configuration with the part for wapbox in it."""
    http, stream, rest = (DEPLOY / "nginx.conf").read_text().partition("}\n\nstream {")
    return http + (DEPLOY / "wap" / "nginx.conf").read_text() + stream + rest


@pytest.mark.parametrize("file", ["nginx.conf", "compose/nginx.conf", "k8s/edge.yaml", "wap/nginx.conf"])
def test_nginx_takes_its_configuration(file, tmp_path):
    nginx = program("nginx")
    text = edge() if file.endswith(".yaml") else with_wap() if file.startswith("wap/") else (DEPLOY / file).read_text()
    if not STREAM.exists():
        text = text.partition("\nstream {")[0]
    text = re.sub(r"\b((web|cir)-[12]|onesoup-(web|cir)):", "127.0.0.1:", text).replace("/var/log/nginx", str(tmp_path))
    text = re.sub(r"^pid .*|/tmp/(?=\w+;)", "", text, flags=re.MULTILINE)
    if "events {" not in text:
        text = "events { }\n" + text
    (tmp_path / "nginx.conf").write_text(
        (f"load_module {STREAM};\n" if STREAM.exists() else "") + f"pid {tmp_path}/pid;\n" + text
    )
    said = ran(nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr")
    assert "warn" not in said


def test_nginx_of_the_containers_differs_in_addresses_only():
    """Whoever changes one file changes the other."""

    def rules(text):
        text = re.sub(r"(?s)(    # It runs without root.*?\n)(?=    upstream)", "", text)  # what a container wants beside
        text = text[text.index("http {") :].partition("    # The page on which people choose a password")
        lines = [line.partition("#")[0].strip() for line in (text[0] + text[2].partition("\n}\n")[2]).splitlines()]
        places = r"server \S+:\d+.*;|listen 80(80)? default_server;|upstream onesoup_cir \{|\}?"
        places += r"|proxy_pass http://(onesoup_cir|onesoup-cir:8090|127.0.0.1:8090);"
        places += r"|location /\.well-known/acme-challenge/ \{ root /var/www/html; \}"  # for certbot, which a host has
        return [line for line in lines if not re.fullmatch(places, line) and not line.startswith("access_log")]

    wanted = rules((DEPLOY / "nginx.conf").read_text())
    assert rules((DEPLOY / "compose" / "nginx.conf").read_text()) == wanted
    assert rules(edge()) == wanted


def test_nginx_behind_wapbox_empties_the_same_headers():
    def emptied(file):
        return set(re.findall(r'^ *proxy_set_header (\S+) "";', (DEPLOY / file).read_text(), re.MULTILINE))

    assert "X-MSISDN" in emptied("nginx.conf")
    assert emptied("wap/nginx.conf") == emptied("nginx.conf") | {"Forwarded"}


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


@pytest.mark.parametrize("unit", sorted(path.name for path in (DEPLOY / "systemd").glob("*.service")))
def test_a_reload_of_a_unit_checks_the_settings_before_its_process_hears_of_it(unit):
    lines = (DEPLOY / "systemd" / unit).read_text().splitlines()
    reloads = [line.removeprefix("ExecReload=") for line in lines if line.startswith("ExecReload=")]
    # systemd hides what LoadCredential copied from every command but ExecStart: the file itself is looked at, by root.
    check = "+/usr/bin/env ONESOUP_KEYS_FILE=/etc/onesoup/keys /opt/onesoup/.venv/bin/onesoup config check"
    assert reloads == [check, "/bin/kill -HUP $MAINPID"]


def test_units_name_no_setting_that_does_not_exist():
    known = {ENV_PREFIX + row["name"].upper() for row in settings_reference()}
    known |= {name + "_FILE" for name in known} | {ENV_PREFIX + "CONFIG"}
    files = [*(DEPLOY / "systemd").iterdir(), DEPLOY / "Dockerfile", DEPLOY / "k8s" / "00-onesoup.yaml"]
    for file in files:
        named = set(re.findall(r"^#?(?:ENV |Environment=| +)?(ONESOUP_[A-Z_]+)\s*[=:]", file.read_text(), re.MULTILINE))
        assert named <= known, file.name
    used = {
        name
        for service in COMPOSE["services"].values()
        for name in service.get("environment") or {}
        if name.startswith(ENV_PREFIX)
    }
    assert used
    assert used <= known


def test_the_settings_of_the_units_can_be_used():
    lines = (line for line in (DEPLOY / "systemd" / "onesoup.env").read_text().splitlines() if line and not line.startswith("#"))
    assert load_settings(dict(line.split("=", 1) for line in lines)).stcp_proxy is True


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
    roles = [service["command"][0] for service in services.values() if service["image"] == OURS]
    assert {role: roles.count(role) for role in set(roles)} == {"web": 2, "holder": 2, "cir": 2, "doctor": 1}
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
        assert ("ports" in service) == (name in ("nginx", "grafana", "prosody")), name
        if name.startswith(("redis", "sentinel", "prosody")):
            assert "front" not in service["networks"], name
    assert all(interpolated(port, {}).startswith("127.0.0.1:") for port in services["prosody"]["ports"])
    words = (DEPLOY / "redis" / "start").read_text()
    assert "appendonly yes" in words
    assert "noeviction" in words
    assert "replica-announce-ip" in words
    assert "back" not in services["nginx"]["networks"]


def test_the_settings_of_the_containers_can_be_used():
    for name, service in COMPOSE["services"].items():
        if service["image"] == OURS:
            environ = {key: interpolated(value, {}) for key, value in service["environment"].items()}
            assert "$" not in "".join(environ.values())
            environ["ONESOUP_SMS_PASSWORD_FILE"] = ""
            settings = load_settings(environ)
            assert settings.redis_url.startswith("redis+sentinel://"), name
            assert (settings.sms_gateway, settings.cir_url) == ("", "")
            assert settings.drain_seconds + 2 <= 10


def test_an_operator_s_own_xmpp_server_name_and_sms_change_what_they_should():
    given = {"ONESOUP_XMPP_ROUTES": "", "ONESOUP_XMPP_CA": "", "ONESOUP_MEDIA_HOSTS": ""}
    given |= {"ONESOUP_PUBLIC_HOST": "imps.example.net", "ONESOUP_SMS_PREFIXES": "+1555"}
    environ = {key: interpolated(value, given) for key, value in COMPOSE["services"]["cir-1"]["environment"].items()}
    environ |= {"ONESOUP_SMS_PASSWORD_FILE": "", "ONESOUP_SMS_PASSWORD": "soup"}
    settings = load_settings(environ)
    assert (settings.xmpp_routes, settings.xmpp_ca, settings.media_hosts) == (load_settings({}).xmpp_routes, "", ())
    assert (settings.cir_url, settings.sms_gateway) == ("http://imps.example.net", "kannel-sendsms")


def test_every_variable_of_the_compose_file_is_explained_with_its_default():
    text = (DEPLOY / "compose" / ".env.example").read_text()
    explained = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    defaults = {name: other for name, sign, other in VARIABLE.findall(COMPOSE_TEXT) if sign.endswith("-")}
    assert explained.keys() - {"COMPOSE_PROFILES"} == defaults.keys() | {"ONESOUP_PUBLIC_HOST"}
    for name, default in defaults.items():
        if default and "${" not in default:
            assert explained[name] == default, name


def test_every_container_is_bounded_and_may_do_no_more_than_it_must():
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert service["mem_limit"], name
        assert name == "keys" or "healthcheck" in service, name


def test_components_of_prosody_are_what_they_are_said_to_be():
    """Lua drops a second argument without a word, and prosodyctl does not see it."""
    text = (DEPLOY / "prosody" / "prosody.cfg.lua").read_text()
    assert re.findall(r"^Component\(.*\)\((.*)\)$", text, re.MULTILINE) == ['"muc"', '"http_file_share"']
    assert text.count("\nComponent") == 2


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
            for source in (word for word in line.split()[1:-1] if not word.startswith("--")):
                assert (ROOT / source).exists(), source
    assert "USER 10001" in lines
    assert any(re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+-slim", line) for line in lines)
    assert sum(line.startswith("FROM ${PYTHON_IMAGE}") for line in lines) == 2


def cpu_seconds(argv: list[str], data: Path, status: int) -> float:
    """What one run of a command takes of the CPU, seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, env={"ONESOUP_DATA": str(data)}, capture_output=True, timeout=60, check=False)
    assert done.returncode == status, done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(("answer", "status"), [("200 OK", 0), ("503 Service Unavailable", 1), ("", 1)])
def test_the_health_check_of_the_image_asks_the_role_and_takes_next_to_no_cpu(answer, status, tmp_path):
    """A few times an empty shell, far below one start of Python: it comes every ten seconds in each container."""
    bash = program("bash")
    (tmp_path / "admin").mkdir()
    argv = [bash, str(DEPLOY / "image" / "healthy")]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (tmp_path / "admin" / "web-7.port").write_text(f"{listener.getsockname()[1]}\n")
        asked = []

        def serve():
            for _ in range(TIMES):
                with listener.accept()[0] as link:
                    asked.append(link.recv(100))
                    link.sendall(f"HTTP/1.0 {answer}\r\n\r\n".encode() if answer else b"")

        answering = threading.Thread(target=serve, daemon=True)
        answering.start()
        cost, empty = [], []
        for _ in range(TIMES):
            empty.append(cpu_seconds([bash, "-c", ":"], tmp_path, 0))
            cost.append(cpu_seconds(argv, tmp_path, status))
        answering.join(5)
    assert asked[0].startswith(b"GET /readyz HTTP/1.0")
    # The least of each: other children of the suite may end in the same moment.
    assert min(cost) < 4 * min(empty)


def test_the_health_check_fails_while_there_is_no_process(tmp_path):
    done = subprocess.run([program("bash"), str(DEPLOY / "image" / "healthy")], env={"ONESOUP_DATA": str(tmp_path)}, check=False)
    assert done.returncode == 1


# --- Prometheus and Grafana ---


def test_prometheus_takes_rules_and_configuration():
    promtool = program("promtool")
    ran(promtool, "check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))
    ran(promtool, "test", "rules", str(DEPLOY / "prometheus" / "rules.test.yml"))


def test_every_alert_is_tested_and_says_what_to_do():
    def name(sample):
        return re.search(r'alertname="(\w+)"', sample["labels"])[1]

    (group,) = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
    alerts = {rule["alert"]: rule for rule in group["rules"] if "alert" in rule}
    (cases,) = yaml.safe_load((DEPLOY / "prometheus" / "rules.test.yml").read_text())["tests"]
    assert {case["alertname"] for case in cases["alert_rule_test"] if case["exp_alerts"]} == set(alerts)
    steps = [(case["eval_time"], {name(each) for each in case["exp_samples"]}) for case in cases["promql_expr_test"]]
    # Nothing fires before the break; all do at last; nothing does a minute after things are well again.
    assert (steps[0], steps[-1]) == (("10m", set()), ("41m", set()))
    assert steps[-2][1] == set(alerts)
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


def test_the_dashboard_shows_every_metric():
    text = (DEPLOY / "grafana" / "onesoup.json").read_text()
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


def test_kubernetes_manifests_follow_its_schemas():
    """In one process, which takes seconds to load them. It names the file."""
    ran(sys.executable, "-m", "kubernetes_validate", "--strict", "--quiet", *map(str, sorted((DEPLOY / "k8s").iterdir())))


def test_kubernetes_names_fit_together():
    found = [each for path in sorted((DEPLOY / "k8s").iterdir()) for each in yaml.safe_load_all(path.read_text())]
    kinds = {(each["kind"], each["metadata"]["name"]): each for each in found}
    (settings,) = [each["data"] for (kind, name), each in kinds.items() if (kind, name) == ("ConfigMap", "onesoup")]
    read = {name: value for name, value in settings.items() if not name.endswith("_FILE")}
    assert load_settings(read).public_stcp_port == next(
        port["port"] for port in kinds["Service", "onesoup-edge"]["spec"]["ports"] if port["name"] == "stcp"
    )
    assert settings["ONESOUP_CIR_URL"] == f"http://{settings['ONESOUP_PUBLIC_HOST']}"
    roles = {"web": 9471, "holder": 9472, "cir": 9473}
    for role, port in roles.items():
        pod = kinds["Deployment", f"onesoup-{role}"]["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        assert ports["admin"] == port
        assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(port)
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "admin"}
        assert ("PodDisruptionBudget", f"onesoup-{role}") in kinds
        assert container["lifecycle"]["preStop"]
        assert pod["spec"]["terminationGracePeriodSeconds"] > Settings().drain_seconds + 5
        for service in (each for each in found if each["kind"] == "Service"):
            if service["spec"]["selector"]["app.kubernetes.io/component"] == role:
                assert {each["targetPort"] for each in service["spec"]["ports"]} <= set(ports)
    named = set(re.findall(r"(onesoup-(?:web|cir)):(\d+)", edge()))
    assert {name for name, _ in named} == {"onesoup-web", "onesoup-cir"}
    for name, number in named:
        assert int(number) in {each["port"] for each in kinds["Service", name]["spec"]["ports"]}, name
    # What believes headers is reached by nobody but the edge, and only the edge is open to the world.
    assert [name for (kind, name), each in kinds.items() if kind == "Service" and each["spec"]["type"] == "LoadBalancer"] == [
        "onesoup-edge"
    ]
    assert kinds["NetworkPolicy", "onesoup"]["spec"]["ingress"][0]["from"]
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in found if each["kind"] == "HorizontalPodAutoscaler"}
    assert {("Deployment", name) for name in scaled} <= kinds.keys()
    assert scaled


# --- Kannel ---


def test_kannel_takes_its_configuration_and_serves_onesoup(tmp_path):
    """Both of its programs, with ports of ours; a message goes as far as the carrier that is not there."""
    program("bearerbox")
    ports = {number: str(free_port()) for number in ("13000", "13001", "13013", "10000")}
    text = (
        (DEPLOY / "kannel" / "kannel.conf")
        .read_text()
        .replace("@SMS_PASSWORD@", "soup")
        .replace("/var/spool/kannel", str(tmp_path))
    )
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


SCRIPTS = (
    "kannel/start",
    "kannel/healthy",
    "prosody/start",
    "prosody/healthy",
    "redis/start",
    "redis/keys",
    "image/healthy",
    "image/shrink",
)


@pytest.mark.parametrize("file", SCRIPTS)
def test_start_scripts_can_be_read_by_the_shell(file):
    text = (DEPLOY / file).read_text()
    ran(re.match(r"#!/bin/(\w+)", text)[1], "-n", str(DEPLOY / file))


def test_kannel_says_what_is_missing_before_it_sends_nothing():
    done = subprocess.run(
        [program("bash"), str(DEPLOY / "kannel" / "start")], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ONESOUP_SMS_PREFIXES" in done.stderr
