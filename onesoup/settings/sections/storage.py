"""Settings of what is stored, and where."""

from dataclasses import dataclass

from onesoup.settings.declare import SECRET_URL, setting


@dataclass(frozen=True)
class StorageSettings:
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0",
        "URL of the Redis or Valkey server that holds all shared state: redis://, rediss://, "
        "redis+sentinel://host,host/service (with ?sentinel_password= where Sentinels want one) or redis+cluster://host,host; "
        "valkey:// and its forms mean the same.",
        "redis://:password@10.0.0.5:6379/0",
        secret=SECRET_URL,
    )
    keys_file: str = setting(
        "",
        "File with the keys that encrypt stored credentials: lines of kid:base64key, the newest first.",
        "/run/secrets/onesoup-keys",
    )
    data: str = setting(".run", "Directory for files of this host: metrics, admin ports.", "/var/lib/onesoup")
