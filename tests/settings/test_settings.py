"""Where settings come from, which wins, and what is said when one cannot be used."""

from dataclasses import FrozenInstanceError, fields

import pytest

from onesoup.settings import (
    Settings,
    SettingsError,
    changed_settings,
    load_settings,
    masked_settings,
    open_secrets,
    secret_texts,
    settings_reference,
)


def test_defaults_are_usable():
    assert load_settings({}) == Settings()
    assert load_settings({}).poll_hold == 5.0
    assert load_settings({}).allowed_domains == {"localhost"}


def test_environment_wins_over_file_and_file_over_default(tmp_path):
    file = tmp_path / "onesoup.toml"
    file.write_text('domain = "example.org"\nhttp_port = 8000\nxmpp_routes = { "example.org" = "10.0.0.1:5222" }\n')
    found = load_settings({"ONESOUP_CONFIG": str(file), "ONESOUP_HTTP_PORT": "9000"})
    assert (found.domain, found.http_port, found.stcp_port) == ("example.org", 9000, 3171)
    assert found.xmpp_routes == {"example.org": ("10.0.0.1", 5222)}


def test_secret_comes_from_the_file_that_is_named(tmp_path):
    secret = tmp_path / "redis-url"
    secret.write_text("redis://:hunter2@10.0.0.5:6379/0\n")
    found = load_settings({"ONESOUP_REDIS_URL_FILE": str(secret), "ONESOUP_REDIS_URL": "redis://127.0.0.1/0"})
    assert found.redis_url == "redis://:hunter2@10.0.0.5:6379/0"
    assert "hunter2" not in str(masked_settings(found))
    assert "hunter2" not in str(changed_settings(found))


def test_lists_and_routes_are_read_from_text():
    found = load_settings(
        {
            "ONESOUP_DOMAINS": "Example.org, localhost",
            "ONESOUP_XMPP_ROUTES": "example.org=127.0.0.1:5222, v6.org=[::1]:5269",
            "ONESOUP_TRUSTED_PROXIES": "10.0.0.7,10.1.0.0/16, fd00:1::/64",
        }
    )
    assert found.allowed_domains == {"example.org", "localhost"}
    assert found.xmpp_routes == {"example.org": ("127.0.0.1", 5222), "v6.org": ("::1", 5269)}
    assert found.trusted_proxies == ("10.0.0.7", "10.1.0.0/16", "fd00:1::/64")


def test_platforms_may_set_the_number_of_workers():
    assert load_settings({"WEB_CONCURRENCY": "7"}).web_workers == 7
    assert load_settings({"WEB_CONCURRENCY": "7", "ONESOUP_WEB_WORKERS": "3"}).web_workers == 3


def test_stcp_listens_where_the_gateway_does_unless_told():
    assert load_settings({"ONESOUP_BIND": "0.0.0.0"}).stcp_bind == "0.0.0.0"
    assert load_settings({"ONESOUP_BIND": "0.0.0.0", "ONESOUP_STCP_BIND": "10.0.0.1"}).stcp_bind == "10.0.0.1"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ONESOUP_HTTP_PORT", "eighty"),
        ("ONESOUP_HTTP_PORT", "70000"),
        ("ONESOUP_POLL_HOLD", "10.5"),  # a phone would give up
        ("ONESOUP_POLL_HOLD", "nan"),
        ("ONESOUP_LOG", "xml"),
        ("ONESOUP_DOMAIN", "alice@example.org"),
        ("ONESOUP_XMPP_ROUTES", "example.org"),
        ("ONESOUP_XMPP_ROUTES", "example.org=host:0"),
        ("ONESOUP_REDIS_URL", "127.0.0.1"),
        ("ONESOUP_CONFIG", "/nowhere/onesoup.toml"),
        ("ONESOUP_REDIS_URL_FILE", "/nowhere/redis"),
        ("ONESOUP_TTL_MIN", "9000"),  # above ttl_max
        ("ONESOUP_LEASE_RENEW", "6"),  # more than half of lease_ttl
        ("ONESOUP_BROWSER_PHONE_XMPP", "http://127.0.0.1:5280/"),
        ("ONESOUP_BROWSER_PHONE_XMPP", "ws://a; script-src *"),  # it stands in a header
        ("ONESOUP_BROWSER_PHONE_ACCOUNTS", "alice"),
    ],
)
def test_bad_value_names_its_key_and_gives_an_example(key, value):
    with pytest.raises(SettingsError) as caught:
        load_settings({key: value})
    assert key.removeprefix("ONESOUP_").lower() in str(caught.value).lower()
    assert "example: " in str(caught.value)


def test_bad_secret_is_not_shown():
    with pytest.raises(SettingsError) as caught:
        load_settings({"ONESOUP_REDIS_URL": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_accounts_of_the_browser_phone_are_shown_on_its_page_and_nowhere_else():
    found = load_settings({"ONESOUP_BROWSER_PHONE_ACCOUNTS": "alice=hunter2, bob=hunter=3"})
    assert found.browser_phone_accounts == {"alice": "hunter2", "bob": "hunter=3"}
    assert "hunter" not in repr(found) + str(masked_settings(found)) + str(changed_settings(found))
    assert secret_texts(found) == {"hunter2", "hunter=3"}
    with pytest.raises(SettingsError) as caught:
        load_settings({"ONESOUP_BROWSER_PHONE_ACCOUNTS": "alice=hunter2,=hunter3"})
    assert "hunter" not in str(caught.value)


def test_misspelt_name_in_the_file_is_an_error_with_a_hint(tmp_path):
    file = tmp_path / "onesoup.toml"
    file.write_text("http_prot = 8000\n")
    with pytest.raises(SettingsError, match="did you mean http_port"):
        load_settings({"ONESOUP_CONFIG": str(file)})


def test_settings_do_not_change():
    with pytest.raises(FrozenInstanceError):
        load_settings({}).domain = "example.org"  # type: ignore[misc]


def test_every_setting_has_its_reference_entry():
    entries = {entry["name"]: entry for entry in settings_reference()}
    assert list(entries) == [spec.name for spec in fields(Settings)]
    for entry in entries.values():
        assert entry["help"].endswith("."), entry
        assert entry["example"], entry


@pytest.mark.parametrize(("word", "value"), [("true", True), ("On", True), ("1", True), ("no", False), ("", False)])
def test_a_truth_is_read_in_the_usual_words(word: str, value: bool) -> None:
    assert load_settings({"ONESOUP_PLAIN_EMOJI": word}).plain_emoji is value


def test_a_truth_that_is_none_is_an_error() -> None:
    with pytest.raises(SettingsError, match="ONESOUP_PLAIN_EMOJI='maybe': must be true or false"):
        load_settings({"ONESOUP_PLAIN_EMOJI": "maybe"})


def test_any_domain_and_the_ones_that_are_listed_all_the_same():
    found = load_settings({"ONESOUP_DOMAIN": "example.org", "ONESOUP_DOMAINS": "example.net, *"}).allowed_domains
    assert "elsewhere.example" in found
    assert [domain for domain in ("example.org", "example.net", "elsewhere.example", "any") if found.listed(domain)] == [
        "example.org",
        "example.net",
    ]
    listed = load_settings({"ONESOUP_DOMAIN": "example.org"}).allowed_domains
    assert "elsewhere.example" not in listed
    assert "any" not in listed


def test_a_route_may_be_direct_tls_and_nothing_else():
    assert load_settings({"ONESOUP_XMPP_ROUTES": "x.org=tls://10.0.0.1:5223"}).xmpp_routes == {"x.org": ("tls://10.0.0.1", 5223)}
    with pytest.raises(SettingsError):
        load_settings({"ONESOUP_XMPP_ROUTES": "x.org=http://10.0.0.1:80"})


def test_insecure_domains_are_named_one_by_one():
    with pytest.raises(SettingsError):
        load_settings({"ONESOUP_XMPP_INSECURE": "*"})


def test_places_choose_domains_that_are_served():
    found = load_settings(
        {"ONESOUP_DOMAINS": "localhost,example.org", "ONESOUP_DOMAIN_BY_PLACE": "IMPS.example.org=Example.org,/net/=localhost"}
    )
    assert found.domain_by_place == {"imps.example.org": "example.org", "/net/": "localhost"}
    assert masked_settings(found)["domain_by_place"] == "imps.example.org=example.org,/net/=localhost"
    for key, value in (
        ("ONESOUP_DOMAIN_BY_PLACE", "imps.example.org=example.net"),
        ("ONESOUP_DOMAIN_BY_PLACE", "imps.example.org"),
        ("ONESOUP_GATEWAY_DOMAINS", "localhost"),
        ("ONESOUP_NUMBER_HEADERS", "X-MSISDN"),
        ("ONESOUP_COUNTRY_CODE", "fi"),
    ):
        with pytest.raises(SettingsError) as refused:
            load_settings({key: value})
        assert "example: " in str(refused.value)


def test_a_table_in_the_file_is_a_section(tmp_path):
    file = tmp_path / "onesoup.toml"
    file.write_text(
        '[sms]\ngateway = "json"\nurl = "https://sms.example.org/cir"\nprefixes = ["+1555", "+44"]\n[cir]\nport = 8090\n'
    )
    loaded = load_settings({"ONESOUP_CONFIG": str(file)})
    assert (loaded.sms_gateway, loaded.sms_url, loaded.sms_prefixes) == ("json", "https://sms.example.org/cir", ("+1555", "+44"))
    assert loaded.cir_port == 8090
    file.write_text('[sms]\ngatway = "json"\n')
    with pytest.raises(SettingsError, match="did you mean sms_gateway"):
        load_settings({"ONESOUP_CONFIG": str(file)})


def test_what_the_gateway_is_told_is_not_shown():
    shown = masked_settings(Settings(sms_url="http://me:hunter2@h/send?password=hunter3", sms_password="hunter4"))
    assert "hunter" not in str(shown)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMS_GATEWAY", "smoke"),
        ("SMS_GATEWAY", "json"),  # without a URL
        ("SMS_PREFIXES", "0044"),
        ("SMS_OK", "("),
        ("UDP_NETS", "10.0.0.0/99"),
        ("TRUSTED_PROXIES", "proxy.example.org"),
        ("SMS_REPORT_SOURCES", "10.0.0"),
        ("WAP_CONTENT_TYPE", "long"),
    ],
)
def test_settings_of_wake_ups_that_cannot_be_used(name, value):
    with pytest.raises(SettingsError, match="example: "):
        load_settings({f"ONESOUP_{name}": value})


def test_an_address_with_a_mask_says_what_may_have_been_meant():
    with pytest.raises(SettingsError, match=r"TRUSTED_PROXIES.*10\.0\.0\.7 or 10\.0\.0\.0/8\?; example: "):
        load_settings({"ONESOUP_TRUSTED_PROXIES": "10.0.0.7/8"})


def test_the_service_contact_is_a_name_that_any_phone_can_type_or_none():
    assert load_settings({}).service_contact == "onesoup"
    assert load_settings({"ONESOUP_SERVICE_CONTACT": ""}).service_contact == ""
    for name in ("Help", "two words", "help@example.org", "wv:help", "x" * 21):
        with pytest.raises(SettingsError, match="example: ONESOUP_SERVICE_CONTACT=help"):
            load_settings({"ONESOUP_SERVICE_CONTACT": name})


KANNEL = {"SMS_GATEWAY": "kannel-sendsms", "SMS_URL": "http://127.0.0.1:13013/cgi-bin/sendsms"}
SMSC = {"SMS_GATEWAY": "smpp", "SMS_URL": "smpp://127.0.0.1:2775"}
LOGIN = {"SMS_USER": "onesoup", "SMS_PASSWORD": "soup"}


def found(settings: dict[str, str]) -> Settings:
    return load_settings({f"ONESOUP_{name}": value for name, value in settings.items()})


@pytest.mark.parametrize(
    ("half", "rest"),
    [
        ({"STCP_PROXY": "true"}, {"TRUSTED_PROXIES": "10.0.0.7"}),
        (KANNEL, LOGIN),
        (KANNEL | {"SMS_USER": "onesoup"}, LOGIN),
        (KANNEL | {"SMS_PASSWORD": "soup"}, LOGIN),
        (SMSC | {"SMS_USER": "onesoup"}, LOGIN),
        ({"SMS_GATEWAY": "kannel-ppg", "SMS_URL": "http://127.0.0.1:8080/wappush", "SMS_PASSWORD": "soup"}, LOGIN),
        ({"CIR_URL": "http://imps.example.org"}, {"CIR_PORT": "8090"}),
        (KANNEL | LOGIN | {"SMS_REPORT_URL": "http://127.0.0.1:8090"}, {"CIR_PORT": "8090"}),
        (KANNEL | LOGIN | {"SMS_HOOK_KEY": "kep6lore"}, {"CIR_PORT": "8090"}),
        ({"SMS_HOOK_KEY": "kep6lore", "CIR_PORT": "8090"}, KANNEL | LOGIN),
        ({"SMS_REPORT_URL": "http://127.0.0.1:8090", "CIR_PORT": "8090"}, KANNEL | LOGIN),
    ],
)
def test_half_of_what_belongs_together_is_an_error_that_names_the_other_half(half, rest):
    with pytest.raises(SettingsError, match="example: ONESOUP_") as caught:
        found(half)
    named = str(caught.value).rpartition("example: ONESOUP_")[2].partition("=")[0]
    assert named in rest
    assert "soup\n" not in str(caught.value)
    found(half | rest)


def test_an_smsc_brings_reports_and_messages_over_its_own_connection():
    found(SMSC | LOGIN | {"SMS_HOOK_KEY": "kep6lore", "SMS_REPORT_URL": "http://127.0.0.1:8090"})


@pytest.mark.parametrize("name", ["BIND", "STCP_BIND", "CIR_BIND", "ADMIN_BIND"])
def test_a_bind_is_an_address(name):
    for text in ("127.0.0.1", "0.0.0.0", "::", "localhost"):
        assert getattr(found({name: text}), name.lower()) == text
    assert getattr(found({name: "[::1]"}), name.lower()) == "::1"
    for text in ("127.0.0.1:8080", "eth0", "300.1.1.1", "imps.example.org", "10.0.0.0/8", "*"):
        with pytest.raises(SettingsError, match=f"ONESOUP_{name}=.*must be an IP address.*example: ONESOUP_{name}="):
            found({name: text})


def test_the_port_for_lines_is_where_the_gateway_is_unless_it_is_told_otherwise():
    assert found({"BIND": "10.0.0.5", "STCP_BIND": ""}).stcp_bind == "10.0.0.5"


def test_files_with_secrets_that_everybody_can_read_are_found(tmp_path):
    for name in ("keys", "password", "url"):
        (tmp_path / name).write_text("redis://127.0.0.1/0")
    (tmp_path / "onesoup.toml").write_text('[sms]\npassword = "soup"\n')
    environ = {
        "ONESOUP_CONFIG": str(tmp_path / "onesoup.toml"),
        "ONESOUP_KEYS_FILE": str(tmp_path / "keys"),
        "ONESOUP_SMS_HOOK_KEY_FILE": str(tmp_path / "password"),
        "ONESOUP_REDIS_URL_FILE": str(tmp_path / "url"),
        "ONESOUP_CIR_PORT": "8090",
        "ONESOUP_SMS_GATEWAY": "json",
        "ONESOUP_SMS_URL": "https://sms.example.org",
    }
    loaded = load_settings(environ)
    for path in tmp_path.iterdir():
        path.chmod(0o600)
    assert open_secrets(loaded, environ) == {}
    for path in tmp_path.iterdir():
        path.chmod(0o604)
    assert open_secrets(loaded, environ) == {
        "keys_file": environ["ONESOUP_KEYS_FILE"],
        **{name: path for name, path in environ.items() if name.endswith(("_HOOK_KEY_FILE", "_URL_FILE", "_CONFIG"))},
    }
    (tmp_path / "onesoup.toml").write_text('domain = "localhost"\n')
    assert "ONESOUP_CONFIG" not in open_secrets(loaded, environ), "there is no secret in it"


@pytest.mark.parametrize("name", ["domain_sessions", "domain_logins"])
def test_limits_of_domains_are_numbers_by_domain(name):
    found = load_settings({f"ONESOUP_{name.upper()}": "Example.ORG=50,*=7,big.example=0"})
    assert getattr(found, name) == {"example.org": 50, "any": 7, "big.example": 0}
    shown = masked_settings(found)[name]
    assert getattr(load_settings({f"ONESOUP_{name.upper()}": shown}), name) == getattr(found, name)
    for wrong in ("example.org", "example.org=", "example.org=-1", "example.org=many", "=5", "example.org=1000000", "a b=1"):
        with pytest.raises(SettingsError, match=name.upper()):
            load_settings({f"ONESOUP_{name.upper()}": wrong})
