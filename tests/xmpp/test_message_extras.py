"""Reactions, replies, buttons and forms of modern clients, as an old phone shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xmpp.simplexml import NodeBuilder

from onesoup.xmpp.messages import body_of

REPLY = "<reply xmlns='urn:xmpp:reply:0' id='m1' to='bob@example.net'/>"


def shown(inner, kind="chat"):
    return body_of(NodeBuilder(f"<message xmlns='jabber:client'>{inner}</message>").getDom(), kind)


def quote(start, end):
    return f"<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='{start}' end='{end}'/></fallback>"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>👍</reaction></reactions>", "[reaction: 👍]"),
        (
            "<body>&gt; lunch?\n👍</body><reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>👍</reaction>"
            "<reaction>🎉</reaction></reactions>",
            "[reaction: 👍 🎉]",
        ),
        ("<reactions xmlns='urn:xmpp:reactions:0' id='m1'/>", ""),
        (f"<body>&gt; lunch at noon?\nyes</body>{REPLY}{quote(0, 17)}", "> lunch at noon?\nyes"),
        (
            f"<body>&gt; {'long ' * 30}\n&gt; second line\nyes</body>{REPLY}{quote(0, 167)}",
            "> long long long long long long long lo...\nyes",
        ),
        (f"<body>yes</body>{REPLY}", "yes"),
        (f"<body>yes</body>{REPLY}{quote(2, 400)}", "yes"),
        (f"<body>yes</body>{REPLY}{quote('x', '-1')}", "yes"),
        (f"<body>yes</body>{REPLY}<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'/>", "yes"),
        ("<body>yes: xmpp:bot.example.net?message;body=yes</body>", "- yes"),
        (
            "<body>Which?\nWork mail: xmpp:bot.example.net?message;body=2%20b\nno: xmpp:b.test?message;body=no</body>",
            "Which?\n- 2 b: Work mail\n- no",
        ),
        ("<body>see xmpp:bot.example.net?message;body=yes</body>", "see xmpp:bot.example.net?message;body=yes"),
        ("<body>none: xmpp:bot.example.net?message;body=%20</body>", "none: xmpp:bot.example.net?message;body=%20"),
        ("<body>right</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/>", "* right"),
        (
            "<body>Register?</body><response xmlns='urn:xmpp:tmp:quick-response' value='yes' label='Yes, please'/>"
            "<response xmlns='urn:xmpp:tmp:quick-response' value='no'/><response xmlns='urn:xmpp:tmp:quick-response'/>",
            "Register?\n- yes: Yes, please\n- no",
        ),
        (
            "<x xmlns='jabber:x:data' type='form'><title>Log in</title><instructions>Scan</instructions>"
            "<field var='a' type='text-single' label='Phone'/><field var='b' type='hidden'/></x>",
            "Log in\nScan\nPhone\n[a form, which this phone cannot fill in]",
        ),
        ("<body>Go to the page.</body><x xmlns='jabber:x:data' type='form'><title>Log in</title></x>", "Go to the page."),
        ("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'/></x>", ""),
        ("<body>plain</body>", "plain"),
    ],
)
def test_what_a_phone_shows(inner, text):
    assert shown(inner) == text
    assert shown(inner, "groupchat") == text


def test_many_buttons_and_reactions_are_cut():
    buttons = "".join(f"<response xmlns='urn:xmpp:tmp:quick-response' value='{'v' * 99}{n}'/>" for n in range(99))
    assert len(shown(f"<body>x</body>{buttons}")) < 700
    reactions = "".join(f"<reaction>{'x' * 999}</reaction>" for n in range(99))
    assert len(shown(f"<reactions xmlns='urn:xmpp:reactions:0'>{reactions}</reactions>")) < 400


@given(st.text("> \nabü😀", max_size=30), st.integers(-3, 40), st.integers(-3, 40))
def test_any_place_of_a_quote_loses_nothing_of_the_reply(text, start, end):
    """What is outside of the marked place stays."""
    escaped = text.replace(">", "&gt;")
    told = shown(f"<body>{escaped}</body>{REPLY}{quote(start, end)}")
    if 0 <= start < end <= len(text) and text.strip():
        for word in (text[:start] + text[end:]).split():
            assert word in told
