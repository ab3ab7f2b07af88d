"""Handsets as data: what each family sends and what it looks at. No code elsewhere asks for a handset's name.

The facts are those of real clients; where one differs by CSP version, a field holds the set of versions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from onesoup.csp.codec.generated_elements import (
    AcceptedContentType,
    AttListFunc,
    ClientInfo,
    CommC,
    CommCap,
    ContListFunc,
    FundamentalFeat,
    GroupFeat,
    IMAuthFunc,
    IMFeat,
    IMReceiveFunc,
    InviteFunc,
    OnlineStatus,
    PresenceAuthFunc,
    PresenceDeliverFunc,
    PresenceFeat,
    PresenceSubList,
    SearchFunc,
    StatusContent,
    StatusText,
    UserAvailability,
    WVCSPFeat,
)
from onesoup.wire.document import Encoding

EVERY_VERSION = frozenset({"1.1", "1.2", "1.3"})
NO_VERSION: frozenset[str] = frozenset()
VERSION_1_1, VERSIONS_1_2_AND_1_3 = frozenset({"1.1"}), frozenset({"1.2", "1.3"})

MAX_TID = 50


def _frozen(**values: Any) -> Mapping[str, Any]:
    return MappingProxyType(values)


@dataclass(frozen=True)
class HandsetProfile:
    name: str
    client_id: str
    # Who it is, the family of onesoup.csp.handsets, and what its facts rest on. `assumed`: no such phone was seen talking.
    title: str = ""
    family: str = "unknown"
    rests_on: str = ""
    assumed: bool = False
    # What it speaks as it was sold.
    version: str = "1.2"
    encoding: Encoding = Encoding.WBXML
    # Transaction ids: `tid` with a number in it; after `tid_last` the numbers start again at 1, 0 for never.
    tid: str = "{}"
    tid_last: int = 0
    # The TransactionID of a poll: None leaves the element out, "" sends it empty.
    poll_tid: str | None = None
    user_agent: str = ""
    cookie: str = "wv:onesoup.{}"
    ttl: int | None = 3600
    # Log-in: the schemas of the four-way one ("" is two-way), and whether PWD is taken when another was offered.
    way: str = ""
    takes_pwd: bool = False
    # In which versions ClientCapability- and Service-Request carry the ClientID.
    names_itself: frozenset[str] = VERSION_1_1
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    cir: tuple[str, ...] = ()
    features: WVCSPFeat = field(default_factory=WVCSPFeat)
    all_functions: bool = False
    receive_list: frozenset[str] = VERSIONS_1_2_AND_1_3
    auto_subscribe: frozenset[str] = VERSIONS_1_2_AND_1_3
    # 1.3 wraps user and list ids in UserIDList and ContactListIDList.
    wraps: frozenset[str] = frozenset({"1.3"})
    # Attributes that are asked for, and those that are published at start; None asks for all, or publishes nothing.
    attributes: PresenceSubList | None = None
    own_presence: PresenceSubList | None = None
    # SendMessage names the sender, the ContentType and the ContentSize.
    names_sender: bool = True
    describes_content: bool = True
    ttl_in_keep_alive: bool = False
    # The members of a group must stand flat, and directly in the answer to JoinGroup.
    flat_members: bool = False
    # Server transactions that are left without an answer, by name.
    ignores: frozenset[str] = frozenset({"MessageNotification", "SystemMessage-Request"})
    timeout: float = 45.0
    poll_timeout: float = 45.0
    # How often the same bytes are sent again when a connection breaks in use.
    resends: int = 0
    # It posts nothing while a request is open, not even while the server holds a poll.
    serial: bool = False
    # What follows the log-in, by the names of Phone's steps.
    startup: tuple[str, ...] = ("negotiate", "load_lists")


GENERIC_PROFILE = HandsetProfile(
    name="generic",
    client_id="onesoup-phone",
    title="onesoup's own phone",
    rests_on="used in all tests",
    poll_tid="",
    user_agent="onesoup-phone",
    capabilities=_frozen(
        client_type="MOBILE_PHONE",
        initial_delivery_method="P",
        any_content=True,
        accepted_charset=[106],
        accepted_content_length=102_400,
        supported_bearer=["HTTP"],
        multi_trans=1,
        parser_size=131_072,
        server_poll_min=2,
    ),
    features=WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat(), GroupFeat()),
    own_presence=PresenceSubList(
        online_status=OnlineStatus(qualifier=True, presence_value="T"),
        client_info=ClientInfo(qualifier=True, client_type="MOBILE_PHONE"),
        user_availability=UserAvailability(qualifier=True, presence_value="AVAILABLE"),
    ),
    startup=("negotiate", "publish", "load_lists"),
)

ANDROID_PROFILE = HandsetProfile(
    name="android",
    client_id="JiMMY",
    title="Android 1.x",
    family="android",
    rests_on="its own code",
    tid_last=999,
    user_agent="Android-Imps/0.1",
    cookie="1258912345678{}",
    ttl=7205,
    way="MD5,SHA",
    names_itself=NO_VERSION,
    capabilities=_frozen(
        client_type="MOBILE_PHONE",
        accepted_content_length=262_144,
        parser_size=262_144,
        multi_trans=1,
        initial_delivery_method="P",
        server_poll_min=30,
        supported_bearer=["HTTP"],
    ),
    cir=("STCP", "SSMS", "SHTTP"),
    features=WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat(), GroupFeat()),
    all_functions=True,
    receive_list=EVERY_VERSION,
    auto_subscribe=EVERY_VERSION,
    wraps=NO_VERSION,
    own_presence=PresenceSubList(
        client_info=ClientInfo(qualifier=True, client_type="MOBILE_PHONE", client_producer="MOKIA", client_version="0.1")
    ),
    flat_members=True,
    ignores=frozenset({"MessageNotification", "SystemMessage-Request", "CancelInviteUser-Request"}),
    serial=True,
    startup=("negotiate", "own_presence", "publish", "blocked_list", "load_lists"),
)

S60_PROFILE = HandsetProfile(
    name="s60",
    client_id="WV:IMPEC01$00001@NOK.S60",
    title="Nokia S60",
    family="s60",
    rests_on="its own code",
    version="1.1",
    tid="nok{}",
    poll_tid="",
    cookie="wv:nokia.{}",
    ttl=86_400,
    takes_pwd=True,
    capabilities=_frozen(
        client_type="MOBILE_PHONE",
        initial_delivery_method="P",
        any_content=True,
        accepted_charset=[106],
        accepted_content_length=307_200,
        accepted_transfer_encoding=["BASE64"],
        supported_bearer=["HTTP"],
        multi_trans=3,
        parser_size=131_072,
        server_poll_min=8,
        udp_port=3717,
    ),
    cir=("WAPSMS", "WAPUDP", "STCP", "SUDP"),
    features=WVCSPFeat(
        FundamentalFeat(search_func=SearchFunc(), invite_func=InviteFunc()),
        PresenceFeat(
            cont_list_func=ContListFunc(),
            presence_auth_func=PresenceAuthFunc(getwl=True),
            presence_deliver_func=PresenceDeliverFunc(),
            att_list_func=AttListFunc(),
        ),
        IMFeat(im_receive_func=IMReceiveFunc(newm=True), im_auth_func=IMAuthFunc()),
        GroupFeat(),
    ),
    attributes=PresenceSubList(
        online_status=OnlineStatus(),
        client_info=ClientInfo(),
        comm_cap=CommCap(),
        user_availability=UserAvailability(),
        status_text=StatusText(),
        status_content=StatusContent(),
    ),
    own_presence=PresenceSubList(
        online_status=OnlineStatus(qualifier=True),
        client_info=ClientInfo(qualifier=True, client_type="MOBILE_PHONE"),
        comm_cap=CommCap(qualifier=True, comm_c=[CommC(cap="IM", status="OPEN")]),
        user_availability=UserAvailability(qualifier=True, presence_value="AVAILABLE"),
    ),
    describes_content=False,
    timeout=40.0,
    poll_timeout=20.0,
    resends=3,
    startup=("negotiate", "publish", "blocked_list", "own_groups", "get_lists", "attribute_list", "load_lists"),
)

RAZR_PROFILE = HandsetProfile(
    name="razr",
    client_id="http://www.motorola.com/v3",
    title="Motorola Razr V3",
    family="motorola",
    rests_on="a real one",
    version="1.1",
    encoding=Encoding.XML,
    poll_tid="",
    user_agent="MOT-V3",
    ttl=300,
    names_itself=EVERY_VERSION,
    capabilities=_frozen(
        client_type="MOBILE_PHONE",
        initial_delivery_method="P",
        accepted_content_length=4096,
        supported_bearer=["HTTP"],
        multi_trans=1,
        parser_size=16_384,
        server_poll_min=10,
    ),
    cir=("WAPSMS", "STCP"),
    features=WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat()),
    ttl_in_keep_alive=True,
    startup=("negotiate", "load_lists"),
)

S40_PROFILE = HandsetProfile(
    name="s40",
    client_id="WV:S40-assumed@NOK.S40",
    title="Nokia S40",
    family="s40",
    rests_on="user guides",
    assumed=True,
    version="1.1",
    tid="s40-{}",
    user_agent="Nokia6230i/2.0",
    cookie="s40.{}",
    ttl=1800,
    capabilities=_frozen(
        client_type="MOBILE_PHONE",
        initial_delivery_method="P",
        accepted_content_type=[AcceptedContentType(text="text/plain")],
        accepted_charset=[106],
        accepted_content_length=1024,
        supported_bearer=["HTTP"],
        multi_trans=1,
        parser_size=8192,
        server_poll_min=10,
    ),
    cir=("WAPSMS", "SSMS"),
    features=WVCSPFeat(
        FundamentalFeat(search_func=SearchFunc(), invite_func=InviteFunc()), PresenceFeat(), IMFeat(), GroupFeat()
    ),
    own_presence=PresenceSubList(user_availability=UserAvailability(qualifier=True, presence_value="AVAILABLE")),
    ttl_in_keep_alive=True,
    startup=("negotiate", "publish", "load_lists"),
)

SONY_ERICSSON_PROFILE = HandsetProfile(
    name="sony-ericsson",
    client_id="SonyEricsson-assumed",
    title="Sony Ericsson",
    family="sony-ericsson",
    rests_on="user guides",
    assumed=True,
    version="1.1",
    tid="se{}",
    user_agent="SonyEricssonK800i/R1JG",
    capabilities=_frozen(
        client_type="MOBILE_PHONE",
        initial_delivery_method="P",
        accepted_content_length=32_768,
        supported_bearer=["HTTP"],
        multi_trans=1,
        parser_size=65_536,
        server_poll_min=5,
    ),
    cir=("WAPSMS",),
    features=WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat(), GroupFeat()),
)

SAMSUNG_PROFILE = HandsetProfile(
    name="samsung",
    client_id="SAMSUNG-assumed",
    title="Samsung SGH",
    family="samsung",
    rests_on="one platform's code",
    assumed=True,
    version="1.1",
    user_agent="SAMSUNG-SGH-D500",
    cookie="125891234561{}",
    way="PWD,SHA,MD4,MD5",
    capabilities=_frozen(
        client_type="MOBILE_PHONE",
        initial_delivery_method="P",
        any_content=True,
        accepted_content_length=16_384,
        supported_bearer=["HTTP"],
        multi_trans=1,
        parser_size=32_768,
        server_poll_min=15,
    ),
    cir=("WAPSMS",),
    features=WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat()),
    ttl_in_keep_alive=True,
)

SIEMENS_PROFILE = HandsetProfile(
    name="siemens",
    client_id="SIE-SXG75-assumed",
    title="Siemens SXG75",
    family="siemens",
    rests_on="its user guide",
    assumed=True,
    version="1.1",
    tid="sxg75-{}",
    user_agent="SIE-SXG75/1.0",
    capabilities=_frozen(
        client_type="MOBILE_PHONE",
        initial_delivery_method="P",
        accepted_content_length=32_768,
        supported_bearer=["HTTP"],
        multi_trans=1,
        parser_size=65_536,
        server_poll_min=5,
    ),
    features=WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat()),
)

COLIBRIA_PROFILE = HandsetProfile(
    name="colibria",
    client_id="WV:InstantMessenger-1.0.2309.16485@COLIBRIA.PC-CLIENT",
    title="Colibria on a PC",
    family="colibria",
    rests_on="such programs",
    encoding=Encoding.XML,
    poll_tid="",
    user_agent="Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
    cookie="ColibriaIMPS_{}",
    ttl=1620,
    capabilities=_frozen(
        client_type="COMPUTER",
        initial_delivery_method="P",
        accepted_content_type=[AcceptedContentType(text=each) for each in ("text/plain", "text/html", "image/png")],
        accepted_content_length=256_000,
        supported_bearer=["HTTP"],
        multi_trans=1,
        parser_size=300_000,
    ),
    cir=("STCP",),
    features=WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat(), GroupFeat()),
    all_functions=True,
    own_presence=PresenceSubList(
        online_status=OnlineStatus(qualifier=True, presence_value="T"),
        client_info=ClientInfo(qualifier=True, client_type="COMPUTER"),
        user_availability=UserAvailability(qualifier=True, presence_value="AVAILABLE"),
    ),
    startup=("negotiate", "publish", "load_lists"),
)

PROFILES = {
    profile.name: profile
    for profile in (
        GENERIC_PROFILE,
        S40_PROFILE,
        S60_PROFILE,
        SONY_ERICSSON_PROFILE,
        RAZR_PROFILE,
        SAMSUNG_PROFILE,
        SIEMENS_PROFILE,
        ANDROID_PROFILE,
        COLIBRIA_PROFILE,
    )
}
