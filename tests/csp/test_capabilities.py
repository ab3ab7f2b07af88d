"""Capability negotiation: the forms of the versions, and never a method that would make a phone deaf."""

import pytest

from onesoup.csp.capabilities import (
    CIR_METHODS,
    Offer,
    accepted_picture_types,
    contacts_at_once,
    max_picture_bytes,
    negotiate,
    udp_port,
)
from onesoup.csp.codec.generated_elements import AcceptedContentType, CapabilityList, ClientCapabilityRequest, ClientID
from onesoup.csp.handsets import ANDROID_HANDSET, S60_HANDSET, Handset
from onesoup.csp.session import Capabilities

OFFER = Offer(frozenset({"STCP"}), "imps.example.org", 3171, 10)
NOTHING = Offer(frozenset(), "", 3171, 10)
S60_WISH = CapabilityList(
    client_type="MOBILE_PHONE",
    initial_delivery_method="P",
    any_content=True,
    accepted_charset=[106],
    accepted_content_length=102400,
    supported_bearer=["HTTP"],
    multi_trans=3,
    parser_size=131072,
    supported_cir_method=["WAPSMS", "WAPUDP", "STCP", "SUDP"],
    udp_port=3717,
    server_poll_min=8,
)
ME = ClientID(url="WV:IMPEC01$00001@NOK.S60")


def agreed(version="1.2", offer=OFFER, handset=S60_HANDSET, cookie="wv:nokia.1", client_id=None, **wish):
    request = ClientCapabilityRequest(client_id=client_id, capability_list=CapabilityList(**wish))
    return negotiate(request, version, offer, handset, cookie)


def the_list(version="1.2", **more):
    response, _ = agreed(version, **more)
    return response.capability_list if version == "1.1" else response.agreed_capability_list


def test_in_1_1_the_whole_list_comes_back_behind_the_client_id():
    response, _ = negotiate(ClientCapabilityRequest(ME, S60_WISH), "1.1", OFFER, S60_HANDSET, "c")
    echoed = response.capability_list
    assert response.client_id == ME
    assert response.agreed_capability_list is None
    assert (echoed.client_type, echoed.multi_trans, echoed.udp_port, echoed.accepted_charset) == ("MOBILE_PHONE", 3, 3717, [106])
    assert echoed.supported_cir_method == ["STCP"]
    assert echoed.any_content is True


def test_in_1_1_no_client_id_comes_back_when_none_was_sent():
    assert agreed("1.1")[0].client_id is None


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_later_the_agreed_list_is_the_only_child(version):
    """Android reads the first child as the list, whatever it is called."""
    response, _ = agreed(version, client_id=ME)
    assert response.client_id is None
    assert response.capability_list is None
    assert response.agreed_capability_list is not None


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
@pytest.mark.parametrize("asked", [[], ["SUDP"], ["SHTTP", "SSMS"], ["X-OTHER"]])
def test_no_method_is_agreed_that_the_phone_did_not_offer(version, asked):
    listed = the_list(version, supported_cir_method=asked)
    assert listed.supported_cir_method == []
    assert listed.tcp_address is None
    assert listed.tcp_port is None


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_no_method_is_agreed_that_does_not_work_here(version):
    listed = the_list(version, offer=NOTHING, supported_cir_method=["STCP", "WAPSMS"])
    assert listed.supported_cir_method == []
    assert listed.tcp_address is None


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_stcp_is_agreed_with_address_and_port(version):
    listed = the_list(version, supported_cir_method=["STCP"])
    assert (listed.supported_cir_method, listed.tcp_address, listed.tcp_port) == (["STCP"], "imps.example.org", 3171)


def test_each_method_stands_once_however_it_was_asked():
    """S60 counts: a method that is listed twice is not agreed."""
    assert the_list(supported_cir_method=["STCP", "stcp", " STCP "]).supported_cir_method == ["STCP"]


EVERYTHING = Offer(frozenset(CIR_METHODS), "h", 1, 10, url="http://h/cir/token")


def methods(asked, version="1.3", offer=EVERYTHING, **more):
    return the_list(version, offer=offer, supported_cir_method=asked, **more).supported_cir_method


def test_methods_come_in_the_servers_order():
    wanted = [name for name in CIR_METHODS if name != "SHTTP"]
    assert methods(list(reversed(wanted))) == wanted


@pytest.mark.parametrize("better", ["STCP", "SUDP", "WAPUDP"])
def test_shttp_is_only_a_cheaper_poll(better):
    assert methods(["SHTTP", better]) == [better]
    assert methods(["SHTTP", "WAPSMS"]) == ["WAPSMS", "SHTTP"]


def test_shttp_needs_an_element_for_its_url_and_a_url():
    assert methods(["SHTTP"], "1.1") == []
    assert methods(["SHTTP"], offer=Offer(frozenset(CIR_METHODS), "h", 1, 10)) == []
    assert the_list("1.2", offer=EVERYTHING, supported_cir_method=["SHTTP"]).cirurl.url == EVERYTHING.url
    later = the_list("1.3", offer=EVERYTHING, supported_cir_method=["SHTTP"])
    assert (later.cirurl, later.cirhttp_address.url) == (None, EVERYTHING.url)


def test_no_address_without_its_method():
    listed = the_list(offer=EVERYTHING, supported_cir_method=["WAPSMS"])
    assert (listed.tcp_address, listed.tcp_port, listed.cirurl, listed.cirhttp_address) == (None, None, None, None)


def test_ssms_came_with_1_3():
    assert methods(["SSMS"], "1.2") == []
    assert methods(["SSMS"], "1.3") == ["SSMS"]


@pytest.mark.parametrize(("length", "agreed"), [(118, True), (119, False)])
def test_a_cookie_must_fit_into_one_short_message(length, agreed):
    """Gateways cut what is too long, and say that all is well."""
    assert ("WAPSMS" in methods(["WAPSMS"], cookie="c" * length)) is agreed


@pytest.mark.parametrize("cookie", ["c" * 144, "a{b", "ü"])
def test_a_cookie_that_packed_text_cannot_carry(cookie):
    assert methods(["SSMS", "STCP"], cookie=cookie) == ["STCP"]


def test_a_cookie_beyond_every_buffer_gets_no_method():
    assert methods(list(CIR_METHODS), cookie="c" * 491) == []


@pytest.mark.parametrize(("port", "kept"), [(None, 3717), (3717, 3717), (53, 0), (1900, 0), (11211, 0), (70000, 0), (2948, 2948)])
def test_the_port_for_udp(port, kept):
    assert udp_port(ClientCapabilityRequest(capability_list=CapabilityList(udp_port=port))) == kept


@pytest.mark.parametrize("cookie", ["a\rb", "a\nb", "a\0b"])
def test_a_cookie_that_cannot_stand_in_a_line_gets_no_method(cookie):
    response, kept = agreed(cookie=cookie, supported_cir_method=["STCP"])
    assert response.agreed_capability_list.supported_cir_method == []
    assert kept.methods == ()


@pytest.mark.parametrize(("asked", "told"), [(None, 10), (8, 10), (30, 30)])
def test_the_poll_interval_is_the_larger_wish(asked, told):
    assert the_list(server_poll_min=asked).server_poll_min == told


@pytest.mark.parametrize(("asked", "told"), [(30, 15), (None, 5)])
def test_android_polls_at_twice_the_interval_so_it_is_told_half(asked, told):
    assert the_list(handset=ANDROID_HANDSET, server_poll_min=asked).server_poll_min == told


def test_half_of_a_second_is_a_second():
    offer = Offer(frozenset(), "", 0, 1)
    assert the_list(handset=ANDROID_HANDSET, offer=offer).server_poll_min == 1


def test_what_the_session_keeps():
    _, kept = agreed(
        accepted_content_length=1000,
        parser_size=4000,
        multi_trans=3,
        initial_delivery_method="n",
        supported_cir_method=["STCP"],
        accepted_content_type=[AcceptedContentType(text="text/plain"), AcceptedContentType(content_type="image/jpeg")],
    )
    assert (kept.accepted, kept.parser, kept.multi_trans, kept.delivery) == (1000, 4000, 3, "N")
    assert kept.methods == ("STCP",)
    assert kept.types == ("text/plain", "image/jpeg")


@pytest.mark.parametrize("field", ["accepted_text_content_length", "accepted_push_length"])
def test_1_3_has_other_names_for_the_longest_content(field):
    assert agreed("1.3", **{field: 4000})[1].accepted == 4000


def test_an_empty_request_gets_sensible_values():
    response, kept = negotiate(ClientCapabilityRequest(), "1.2", NOTHING, Handset(), "")
    assert response.agreed_capability_list.supported_bearer == ["HTTP"]
    assert (kept.delivery, kept.multi_trans, kept.methods) == ("P", 1, ())
    assert kept.accepted > 0


def test_wsp_is_answered_only_to_who_asked():
    assert the_list(supported_bearer=["WSP"]).supported_bearer == ["HTTP", "WSP"]
    assert the_list(supported_bearer=["SMS"]).supported_bearer == ["HTTP"]


@pytest.mark.parametrize(("accepted", "parser", "kept"), [(10_000, 4096, 3096), (500, 4096, 500), (10_000, 800, 160)])
def test_a_text_must_fit_into_what_the_parser_takes(accepted, parser, kept):
    assert agreed(accepted_content_length=accepted, parser_size=parser)[1].accepted == kept


@pytest.mark.parametrize(("asked", "kept"), [(1, 131_072), (511, 131_072), (512, 512), (0, 131_072), (None, 131_072)])
def test_a_parser_that_could_read_no_answer_is_a_mistake(asked, kept):
    assert agreed(parser_size=asked)[1].parser == kept
    assert the_list("1.1", parser_size=asked).parser_size == kept


@pytest.mark.parametrize(("parser", "contacts"), [(131_072, 20), (10_000, 7), (2500, 1), (500, 1)])
def test_so_many_contacts_fit_into_one_notification(parser, contacts):
    assert contacts_at_once(Capabilities(parser=parser)) == contacts


def kept_of(version="1.2", **wishes):
    wish = CapabilityList(client_type="MOBILE_PHONE", parser_size=100_000, **wishes)
    return negotiate(ClientCapabilityRequest(capability_list=wish), version, NOTHING, Handset(), "c")[1]


@pytest.mark.parametrize(
    ("wishes", "text", "rich"),
    [
        ({}, 99_000, 74_250),
        ({"accepted_content_length": 5000}, 5000, 5000),
        ({"accepted_text_content_length": 300, "accepted_push_length": 4000, "accepted_pull_length": 9000}, 300, 4000),
        ({"accepted_text_content_length": 3000, "accepted_push_length": 800}, 800, 800),
        ({"accepted_push_length": 800, "accepted_pull_length": 9000, "initial_delivery_method": "N"}, 9000, 9000),
        ({"accepted_pull_length": 700, "initial_delivery_method": "N"}, 700, 700),
        ({"accepted_push_length": 90_000}, 90_000, 74_250),  # what the parser takes
    ],
)
def test_each_length_that_a_phone_names_holds_for_what_it_is_about(wishes, text, rich):
    kept = kept_of("1.3", any_content=True, **wishes)
    assert (kept.accepted, max_picture_bytes(kept)) == (text, rich)


def test_rich_content_has_a_length_of_its_own_in_1_3():
    jpeg = AcceptedContentType(content_type="image/jpeg", accepted_rich_content_length=2000)
    kept = kept_of("1.3", accepted_content_type=[jpeg], accepted_push_length=9000)
    assert (kept.accepted, max_picture_bytes(kept), accepted_picture_types(kept)) == (9000, 2000, ("image/jpeg",))


LISTS_GIF = [AcceptedContentType(text="image/GIF"), AcceptedContentType(text="text/plain")]


@pytest.mark.parametrize(
    ("wishes", "takes"),
    [
        ({}, ()),
        ({"any_content": True}, ("image/*",)),
        ({"any_content": False, "accepted_content_type": [AcceptedContentType(text="text/plain")]}, ()),
        ({"accepted_content_type": LISTS_GIF}, ("image/GIF",)),
        ({"any_content": True, "accepted_transfer_encoding": ["BASE64"]}, ("image/*",)),
        ({"any_content": True, "accepted_transfer_encoding": ["None"]}, ()),
        ({"accepted_content_type": [AcceptedContentType(text="*/*")]}, ("*/*",)),
    ],
)
def test_pictures_go_to_phones_that_say_so(wishes, takes):
    assert accepted_picture_types(kept_of(**wishes)) == takes
