-- The XMPP server of the compose file: what onesoup needs, and nothing that strangers need.
local domain = ENV_DOMAIN or "example.org"

modules_enabled = {
    "roster", "saslauth", "tls", "disco", "posix", "admin_shell";
    "smacks", "carbons", "csi_simple", "ping", "blocklist", "pep", "vcard4", "vcard_legacy", "private", "offline", "uptime", "time";
}
modules_disabled = { "s2s" }

storage = "internal"
authentication = "internal_hashed"
c2s_require_encryption = true
allow_registration = false
-- Every phone comes from the few addresses of the holders.
limits = { c2s = { rate = "256kb/s" } }
ssl = { certificate = "/certs/server.pem", key = "/certs/server.key" }
https_ssl = { certificate = "/certs/server.pem", key = "/certs/server.key" }
http_ports = { }
log = { info = "*console" }
pidfile = "/tmp/prosody.pid"
data_path = "/var/lib/prosody"
-- prosodyctl talks to the running server through it.
admin_socket = "/tmp/prosody.sock"

VirtualHost(domain)
-- The name stands in brackets of its own: Lua would drop a second argument without a word.
Component("rooms." .. domain)("muc")
    muc_room_default_persistent = false
Component("files." .. domain)("http_file_share")
    http_file_share_size_limit = 5242880
    http_host = "files." .. domain
    http_external_url = "https://files." .. domain .. ":5281/"
