"""Settings of wake-ups and CSP by SMS, over a carrier's gateway. In the file: the section [sms]."""

from dataclasses import dataclass

from onesoup.settings.declare import SECRET, SECRET_URL, setting


@dataclass(frozen=True)
class SmsSettings:
    sms_gateway: str = setting(
        "",
        "Kind of SMS gateway; empty: no SMS.",
        "kannel-sendsms",
        choices=("", "kannel-sendsms", "kannel-ppg", "json", "smpp", "url"),
    )
    sms_url: str = setting(
        "",
        "URL of the SMS gateway. For `url` a template with {placeholders}.",
        "http://127.0.0.1:13013/cgi-bin/sendsms",
        secret=SECRET_URL,
    )
    sms_user: str = setting("", "User name at the SMS gateway.", "onesoup")
    sms_password: str = setting(
        "", "Password at the SMS gateway; for `json` the secret that signs requests.", "soup", secret=SECRET
    )
    sms_from: str = setting("", "Sender of SMS: a short code or a number.", "100")
    sms_smsc: str = setting("", "Which link of the SMS gateway to use, if it has several.", "carrier")
    sms_host: str = setting("onesoup.invalid", "Host name in the push-ids that a push proxy gateway gets.", "imps.example.org")
    sms_prefixes: tuple[str, ...] = setting(
        (), "Prefixes of the numbers that may get SMS, comma separated; empty: no SMS at all.", "+1555,+44"
    )
    sms_form: str = setting(
        "8bit", "Form of SSMS. `7bit` is for gateways that cannot send binary messages.", "7bit", choices=("8bit", "7bit")
    )
    sms_ports: str = setting(
        "udh",
        "Where SMPP puts the port numbers: into the user data header (udh), or into optional parameters (tlv).",
        "tlv",
        choices=("udh", "tlv"),
    )
    sms_gap: int = setting(300, "Least seconds between two SMS to one number.", "300", low=1, high=86400)
    sms_per_hour: int = setting(6, "Most SMS to one number in an hour.", "6", low=0, high=1000)
    sms_per_day: int = setting(20, "Most SMS to one number in a day.", "20", low=0, high=1000)
    sms_user_per_day: int = setting(40, "Most SMS to all numbers of one user in a day.", "40", low=0, high=10_000)
    sms_total_per_day: int = setting(1000, "Most SMS in a day in all.", "1000", low=0, high=100_000_000)
    sms_rate: float = setting(5.0, "Most SMS a second in all.", "5", low=0.01, high=10_000.0)
    sms_validity: int = setting(
        600, "Seconds for which the gateway keeps trying to deliver a wake-up SMS.", "600", low=60, high=86400
    )
    sms_report_url: str = setting(
        "",
        "Base URL under which the SMS gateway reaches the CIR process's HTTP port; empty: no delivery reports.",
        "http://127.0.0.1:8090",
    )
    sms_report_sources: tuple[str, ...] = setting(
        ("127.0.0.1", "::1"),
        "Addresses and networks from which delivery reports and SMS of phones are accepted, comma separated.",
        "127.0.0.1,10.2.0.0/24",
    )
    sms_hook_key: str = setting(
        "",
        "Secret with which the SMS gateway delivers SMS of phones to /hook/sms: a password, or the key of its signature. "
        "Empty: SMS of phones are not accepted.",
        "kep6lore",
        secret=SECRET,
    )
    sms_data: bool = setting(False, "Let phones speak CSP by SMS (plain text syntax). Every answer is one or more SMS.", "true")
    sms_data_per_hour: int = setting(60, "Most SMS with answers to one number in an hour.", "60", low=1, high=10_000)
    sms_data_per_day: int = setting(300, "Most SMS with answers to one number in a day.", "300", low=1, high=100_000)
    sms_post: bool = setting(False, "For `url`: send the query of the URL as a POST form instead.", "true")
    sms_ok: str = setting(
        "", "For `url`: regular expression that the body of a successful answer matches; empty: the HTTP status decides.", "^OK"
    )
    sms_temporary: str = setting(
        "", "For `url`: regular expression for the body of an answer that asks to try again later.", "^BUSY"
    )
    sms_permanent: str = setting("", "For `url`: regular expression for the body of an answer that refuses for good.", "^ERR")
    sms_id: str = setting("", "For `url`: regular expression that finds the message id in the body, as group 1.", "id=(\\w+)")
    sms_accept_claimed: bool = setting(
        False, "Send SMS also to a number that only the phone itself states. A phone can state any number.", "false"
    )
