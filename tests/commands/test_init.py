"""`onesoup init`: what it writes can be used by the settings, by systemd and by nginx, and nothing is replaced without a word."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from onesoup.commands.init_files import SECRETS_OF_ROOT, read_variables
from onesoup.commands.main import main
from onesoup.demo import certs
from onesoup.settings import load_settings
from onesoup.store.account.keyring import KeyRing

ENV, KEYS, PASSWORD, NGINX = (f"etc/onesoup/{name}" for name in ("onesoup.env", "keys", "sms-password", "nginx.conf"))
DROP_IN = "etc/systemd/system/onesoup-{}.service.d/onesoup-init.conf"


def run(root: Path, *words: str, answers: str | None = None, status: int = 0) -> str:
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    argv = ["init", "--root", str(root), *(["--yes"] if answers is None else []), *words]
    done = CliRunner().invoke(main, argv, input=answers, env=clean)
    assert done.exit_code == status, done.output
    return done.output


def settings_of(root: Path, **more: str):
    return load_settings(read_variables((root / ENV).read_text()) | more)


def everything(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def steps(said: str) -> list[str]:
    """What the command says comes next."""
    return said.partition("Next:\n")[2].splitlines()


def copy_to(host: Path, said: str) -> None:
    """Runs the steps that copy what was written to its place, with this directory as that place."""
    for step in steps(said)[:2]:
        assert " -C / " in step
        subprocess.run(["sh", "-ec", step.replace(" -C / ", f" -C {host} ")], check=True)


def test_five_questions_are_asked_and_each_has_a_default(tmp_path):
    said = run(tmp_path, answers="\n" * 5)
    assert [line[:2] for line in said.splitlines() if line[1:2] == "."] == ["1.", "2.", "3.", "4.", "5."]
    here = settings_of(tmp_path)
    assert (here.domain, here.public_host, here.redis_url) == ("example.org", "imps.example.org", "redis://127.0.0.1:6379/0")
    assert set(here.xmpp_own) == {"example.org"}
    assert here.sms_gateway == ""


def test_answers_of_a_person_and_options_of_a_script_write_the_same(tmp_path):
    person, script = tmp_path / "person", tmp_path / "script"
    run(person, answers="chat.test\nown\nphones.chat.test\nredis://:pass@10.0.0.5:6379/0?x=1&y=2\n+1555,+44\n")
    words = ["--domain", "chat.test", "--xmpp", "own", "--public-host", "phones.chat.test"]
    run(script, *words, "--redis-url", "redis://:pass@10.0.0.5:6379/0?x=1&y=2", "--sms-prefixes", "+1555,+44")
    made, wanted = everything(person), everything(script)
    for secret in (KEYS, PASSWORD):
        assert made.pop(secret) != wanted.pop(secret)
    assert made == wanted


def test_what_is_secret_is_roots_alone_and_everything_else_can_be_read(tmp_path):
    """Under any umask."""
    before = os.umask(0o077)
    try:
        run(tmp_path, "--sms-prefixes", "+1555")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_dir()} == {0o755}
    modes = {str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()}
    secret = {name for name, mode in modes.items() if mode == 0o600}
    assert secret == {ENV, KEYS, PASSWORD} == {path.lstrip("/") for path in SECRETS_OF_ROOT}
    assert {mode for name, mode in modes.items() if name not in secret} == {0o644, 0o755}
    KeyRing.load(tmp_path / KEYS)


@pytest.mark.parametrize(
    ("xmpp", "routes", "own"), [("here", {"chat.test"}, {"chat.test"}), ("own", set(), {"chat.test"}), ("other", set(), set())]
)
def test_the_limit_of_wrong_passwords_follows_from_whose_the_xmpp_server_is(tmp_path, xmpp, routes, own):
    run(tmp_path, "--domain", "chat.test", "--xmpp", xmpp)
    here = settings_of(tmp_path)
    assert set(here.xmpp_routes) == routes
    assert set(here.xmpp_own) == own


def test_another_call_starts_from_the_answers_of_before_and_keeps_keys_and_lines_of_ones_own(tmp_path):
    run(tmp_path, "--domain", "chat.test", "--xmpp", "own", "--sms-prefixes", "+1555", "--sms-user", "me")
    keys = (tmp_path / KEYS).read_text(), (tmp_path / PASSWORD).read_text()
    with (tmp_path / ENV).open("a") as file:
        file.write("# ours\nONESOUP_TERMS='Be kind; keep \"quiet\".'\n")
    said = run(tmp_path, "--overwrite", "--public-host", "phones.chat.test")
    assert "replaced  /etc/onesoup/onesoup.env" in said
    here = settings_of(tmp_path, ONESOUP_SMS_PASSWORD="x")
    assert (here.domain, here.public_host, here.sms_user) == ("chat.test", "phones.chat.test", "me")
    assert here.terms == 'Be kind; keep "quiet".'
    assert (tmp_path / f"{ENV}.before").exists()
    assert keys == ((tmp_path / KEYS).read_text(), (tmp_path / PASSWORD).read_text())
    assert "wrote" not in run(tmp_path, "--overwrite")
    assert "replaced" not in run(tmp_path)


def test_the_port_and_the_upload_service_of_ones_own_server_stay_until_the_domain_changes(tmp_path):
    run(tmp_path, "--domain", "chat.test", "--xmpp", "here")
    text = (tmp_path / ENV).read_text()
    (tmp_path / ENV).write_text(
        text.replace("127.0.0.1:5222", "127.0.0.1:15222").replace("files.chat.test:5281", "up.chat.test:443")
    )
    run(tmp_path, "--overwrite", "--public-host", "phones.chat.test")
    here = settings_of(tmp_path)
    assert (here.xmpp_routes["chat.test"][1], here.media_hosts) == (15222, ("up.chat.test:443",))
    run(tmp_path, "--overwrite", "--domain", "other.test")
    here = settings_of(tmp_path)
    assert (set(here.xmpp_routes), here.media_hosts) == ({"other.test"}, ("files.other.test:5281",))


def test_the_server_of_this_host_may_listen_elsewhere(tmp_path):
    words = ["--domain", "chat.test", "--xmpp", "here"]
    run(tmp_path, *words, "--xmpp-at", "127.0.0.2:15222")
    run(tmp_path, "--overwrite", "--public-host", "phones.chat.test")
    assert settings_of(tmp_path).xmpp_routes["chat.test"][:2] == ("127.0.0.2", 15222)
    (tmp_path / ENV).write_text((tmp_path / ENV).read_text().replace("files.chat.test:5281", "up.chat.test:443"))
    run(tmp_path, "--overwrite", "--xmpp-at", "tls://127.0.0.1:5223")
    here = settings_of(tmp_path)
    assert (here.xmpp_routes["chat.test"][1], here.media_hosts) == (5223, ("up.chat.test:443",))


def test_a_setting_that_an_answer_takes_back_is_gone(tmp_path):
    run(tmp_path, "--xmpp", "here", "--sms-prefixes", "+1555")
    run(tmp_path, "--overwrite", "--xmpp", "other", "--sms-prefixes", "none")
    assert settings_of(tmp_path).sms_gateway == ""
    assert not settings_of(tmp_path).xmpp_own
    assert "sms" not in (tmp_path / DROP_IN.format("web")).read_text()


def test_what_comes_next_is_said_and_begins_with_a_copy_where_the_files_are_elsewhere(tmp_path):
    root, host = tmp_path / "root", tmp_path / "host"
    said = run(root)
    (host / "etc").mkdir(parents=True)
    (host / "etc").chmod(0o750)
    copy_to(host, said)
    assert everything(host) == everything(root)
    assert stat.S_IMODE((host / "etc").stat().st_mode) == 0o750
    assert stat.S_IMODE((host / KEYS).stat().st_mode) == 0o600
    assert "daemon-reload" in steps(said)[2]
    assert "systemctl restart" in run(root).partition("Next:\n")[2]


def test_nothing_is_replaced_without_asking(tmp_path):
    run(tmp_path)
    (tmp_path / NGINX).write_text("# mine\n")
    before = everything(tmp_path)
    said = run(tmp_path, "--domain", "chat.test", status=1)
    assert "/etc/onesoup/onesoup.env" in said
    assert "/etc/onesoup/nginx.conf" in said
    assert everything(tmp_path) == before
    said = run(tmp_path, answers="\n" * 5 + "n\n")
    assert "left      /etc/onesoup/nginx.conf" in said
    assert everything(tmp_path) == before
    run(tmp_path, answers="\n" * 5 + "y\n")
    assert (tmp_path / f"{NGINX}.before").read_text() == "# mine\n"
    assert "http {" in (tmp_path / NGINX).read_text()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--domain", "a b"], "ONESOUP_DOMAIN"),
        (["--public-host", "a;b"], "public_host"),
        (["--redis-url", "nonsense"], "ONESOUP_REDIS_URL"),
        (["--sms-prefixes", "abc"], "ONESOUP_SMS_PREFIXES"),
        (["--xmpp-at", "127.0.0.1:x"], "ONESOUP_XMPP_ROUTES"),
        (["--xmpp", "other", "--xmpp-at", "127.0.0.1:5222"], "--xmpp here"),
        (["--certificate", "/a/b.pem"], "belong together"),
        (["--certificate", "/a/b; }", "--certificate-key", "/k"], "no path"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_and_nothing_is_written(tmp_path, words, named):
    assert named in run(tmp_path, *words, status=1)
    assert not list(tmp_path.iterdir())


def test_an_environment_file_that_cannot_be_read_is_told(tmp_path):
    run(tmp_path)
    (tmp_path / ENV).write_text("ONESOUP_DOMAIN=a b\n")
    assert "line 1 is no NAME=value" in run(tmp_path, "--overwrite", status=1)
    (tmp_path / ENV).write_text("ONESOUP_DOMAIN='a\n")
    assert "line 1" in run(tmp_path, "--overwrite", status=1)


def test_https_is_found_where_certbot_puts_it_and_stays(tmp_path):
    live = tmp_path / "etc/letsencrypt/live/imps.example.org"
    live.mkdir(parents=True)
    (live / "fullchain.pem").write_text("")
    assert "no HTTPS" not in run(tmp_path)
    text = (tmp_path / NGINX).read_text()
    assert "        ssl_certificate     /etc/letsencrypt/live/imps.example.org/fullchain.pem;" in text
    run(tmp_path, "--overwrite", "--certificate", "/srv/c.pem", "--certificate-key", "/srv/k.pem")
    run(tmp_path, "--overwrite")
    assert "ssl_certificate_key /srv/k.pem;" in (tmp_path / NGINX).read_text()


@pytest.mark.parametrize("https", [False, True])
def test_nginx_takes_what_is_written(tmp_path, https):
    nginx = shutil.which("nginx", path=f"/usr/sbin:{os.environ['PATH']}")
    stream = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
    if not nginx or not stream.exists() or not shutil.which("openssl"):
        pytest.skip("needs nginx, its stream module and openssl")
    words = []
    if https:
        argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=t", "-keyout", "k.pem", "-out", "c.pem"]
        subprocess.run(argv, cwd=tmp_path, check=True, capture_output=True)
        words = ["--certificate", str(tmp_path / "c.pem"), "--certificate-key", str(tmp_path / "k.pem")]
    run(tmp_path, *words)
    text = (tmp_path / NGINX).read_text().replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(f"load_module {stream};\npid {tmp_path}/pid;\nevents {{ }}\n{text}")
    done = subprocess.run([nginx, "-t", "-p", str(tmp_path), "-c", "nginx.conf", "-e", "stderr"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ("listen 443 ssl;" in [line.strip() for line in text.splitlines()]) == https


def test_systemd_takes_units_with_their_drop_ins(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("needs systemd-analyze")
    run(tmp_path, "--sms-prefixes", "+1555")
    units, drop_ins = tmp_path / "usr/local/lib/systemd/system", tmp_path / "etc/systemd/system"
    files = [str(path).replace("@.", "@1.") for path in sorted(units.iterdir())]
    (units / "onesoup-holder@1.service").write_text((units / "onesoup-holder@.service").read_text())
    # The unit whose program is not there is not looked at: the drop-in names the one of this installation.
    env = {"SYSTEMD_UNIT_PATH": f"{drop_ins}:{units}:", "PATH": os.environ["PATH"]}
    done = subprocess.run([analyze, "verify", *files], capture_output=True, text=True, env=env)
    assert [line for line in (done.stdout + done.stderr).splitlines() if "onesoup" in line] == []
    for role in ("web", "holder@", "cir"):
        text = (drop_ins / f"onesoup-{role}.service.d/onesoup-init.conf").read_text()
        assert "LoadCredential=sms:/etc/onesoup/sms-password\nEnvironment=ONESOUP_SMS_PASSWORD_FILE=%d/sms\n" in text
        secrets = "ONESOUP_SMS_PASSWORD_FILE=/etc/onesoup/sms-password ONESOUP_KEYS_FILE=/etc/onesoup/keys"
        assert f"ExecReload=\nExecReload=+/usr/bin/env {secrets} " in text


def test_the_command_for_root_has_the_settings_of_the_host(tmp_path):
    """Called as it is written, with the paths of this test."""
    run(tmp_path, "--domain", "chat.test", "--redis-url", "redis://:a&b'c@127.0.0.1:6379/0")
    wrapper = tmp_path / "usr/local/bin/onesoup"
    wrapper.write_text(wrapper.read_text().replace("/etc/onesoup/", f"{tmp_path}/etc/onesoup/"))
    done = subprocess.run([wrapper, "config", "show"], capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    assert "chat.test" in done.stdout
    assert f"{tmp_path}/etc/onesoup/keys" in done.stdout


# --- below another directory ---

WRAPPER = "usr/local/bin/onesoup"


@pytest.fixture
def versions(tmp_path, monkeypatch) -> Path:
    """A directory of versions, whose link leads to the one in use; this process is of that one."""
    place = tmp_path / "versions"
    for version in ("1.0.0", "1.0.1"):
        (place / version / "bin").mkdir(parents=True)
        (place / version / "bin/onesoup").touch()
    (place / ".venv").symlink_to("1.0.0")
    monkeypatch.setattr(sys, "prefix", str(place / "1.0.0"))
    return place


def programs(root: Path) -> set[str]:
    """What is started by the command for root, and by the units."""
    texts = [(root / WRAPPER).read_text(), *((root / DROP_IN.format(role)).read_text() for role in ("web", "holder@", "cir"))]
    return {path for text in texts for path in re.findall(r"(?:exec |Start=)(\S*bin/onesoup)", text)}


def test_an_upgrade_moves_the_link_that_all_that_is_started_goes_through(tmp_path, versions):
    """Also of a host whose versions are elsewhere, and from a version that is not in use yet."""
    run(tmp_path / "root")
    assert programs(tmp_path / "root") == {f"{versions}/.venv/bin/onesoup"}
    (versions / ".venv").unlink()
    (versions / ".venv").symlink_to("1.0.1")
    assert "replaced" not in run(tmp_path / "root")


def test_an_installation_without_such_a_link_is_named_itself(tmp_path, versions):
    (versions / ".venv").unlink()
    run(tmp_path / "root")
    assert programs(tmp_path / "root") == {f"{versions}/1.0.0/bin/onesoup"}


def authority(directory: Path) -> Path:
    return certs.ensure(directory / "made", ["chat.test"])[0]


@pytest.mark.parametrize("below", [True, False])
def test_the_authority_of_the_xmpp_server_is_looked_for_where_it_is(tmp_path, below):
    """At the path that is given, or below the directory from which it is going to be copied there."""
    root, ca = tmp_path / "root", tmp_path / "ca.pem"
    place = root / str(ca)[1:] if below else ca
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(authority(tmp_path), place)
    assert "the settings can be used" in run(root, "--xmpp-ca", str(ca))
    assert settings_of(root).xmpp_ca == str(ca)
    assert "replaced" not in run(root)


def test_an_authority_that_is_not_there_is_told_and_nothing_is_written(tmp_path):
    said = run(tmp_path / "root", "--xmpp-ca", "/nowhere/ca.pem", status=1)
    assert "/nowhere/ca.pem" in said
    assert "No such file" in said
    assert not (tmp_path / "root").exists()


def test_the_path_of_an_authority_is_good_from_everywhere(tmp_path, monkeypatch):
    shutil.copy(authority(tmp_path), tmp_path / "ca.pem")
    monkeypatch.chdir(tmp_path)
    run(tmp_path / "root", "--xmpp-ca", "ca.pem")
    assert settings_of(tmp_path / "root").xmpp_ca == str(tmp_path / "ca.pem")


def test_the_keys_of_a_host_outlive_a_copy_of_files_that_were_written_elsewhere(tmp_path):
    root, host = tmp_path / "root", tmp_path / "host"
    said = run(root, "--sms-prefixes", "+1555")
    (host / "etc/onesoup").mkdir(parents=True)
    (host / KEYS).write_text("those of the stored passwords\n")
    (host / ENV).write_text("# old\n")
    copy_to(host, said)
    assert (host / KEYS).read_text() == "those of the stored passwords\n"
    assert (host / PASSWORD).read_text() == (root / PASSWORD).read_text()
    assert (host / ENV).read_text() == (root / ENV).read_text()
