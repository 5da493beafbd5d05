"""What the tests' own Bot API server holds against a bot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.telegram.bot_api_checks import FaultError, check, content, decode
from tests.telegram.bot_api_client import ANNA
from tests.telegram.bot_api_html import parse

HOOK = "https://bot.example/hook"


@pytest.mark.parametrize(
    ("method", "parameters", "said"),
    [
        ("sendMessage", {"chat_id": ANNA, "text": "a", "colour": "red"}, "sendMessage has no colour"),
        ("sendMessage", {"chat_id": ANNA}, "message text is empty"),
        ("sendMessage", {"text": "a"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 1.5, "text": "a"}, 'field "chat_id" must be of type Integer|String'),
        ("sendMessage", {"chat_id": ANNA, "text": 5}, 'field "text" must be of type String'),
        ("sendMessage", {"chat_id": ANNA, "text": "a", "disable_notification": 1}, "must be of type Boolean"),
        ("sendMessage", {"chat_id": ANNA, "text": "a", "reply_parameters": {"quote": "b"}}, 'find field "message_id"'),
        ("sendMessage", {"chat_id": ANNA, "text": "a", "link_preview_options": {"off": True}}, "has no off"),
        ("sendMessage", {"chat_id": ANNA, "text": "a", "reply_markup": {"keyboard": "b"}}, 'field "keyboard" must be'),
        ("sendMessage", {"chat_id": ANNA, "text": "a", "reply_markup": {}}, 'find field "inline_keyboard"'),
        ("sendMessage", {"chat_id": ANNA, "text": "a" * 4097}, "message is too long"),
        ("sendMessage", {"chat_id": ANNA, "text": "\U0001f600" * 2049}, "message is too long"),
        ("sendMessage", {"chat_id": ANNA, "text": " \n"}, "text must be non-empty"),
        ("sendMessage", {"chat_id": ANNA, "text": "a", "parse_mode": "MarkdownV2"}, "unsupported parse_mode"),
        ("editMessageText", {"chat_id": ANNA, "text": "a"}, "message identifier is not specified"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "a" * 201}, "MESSAGE_TOO_LONG"),
        ("sendChatAction", {"chat_id": ANNA, "action": "thinking"}, "wrong parameter action in request"),
        ("setMyCommands", {"commands": []}, "BOT_COMMANDS_TOO_MUCH"),
        ("setMyCommands", {"commands": [{"command": "a", "description": "b"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ("setMyCommands", {"commands": [{"command": "Start", "description": "b"}]}, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": [{"command": "a", "description": ""}]}, "command description must be non-empty"),
        ("setMyDescription", {"description": "a" * 513}, "BOT_DESC_INVALID"),
        ("setMyShortDescription", {"short_description": "a" * 121}, "BOT_ABOUT_INVALID"),
        ("setWebhook", {"url": "http://bot.example/hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ("setWebhook", {"url": "https://bot.example:5005/"}, "only on ports 80, 88, 443 or 8443"),
        ("setWebhook", {"url": HOOK, "secret_token": "a+b"}, "secret token contains unallowed characters"),
        ("setWebhook", {"url": HOOK, "max_connections": 101}, "wrong parameter max_connections in request"),
        ("setWebhook", {"url": HOOK, "allowed_updates": ["messages"]}, "no updates of kind messages"),
        ("deleteMessage", {"chat_id": ANNA}, "message identifier is not specified"),
        ("deleteMessages", {"chat_id": ANNA, "message_ids": [1] * 101}, "wrong number of message identifiers"),
        ("deleteMessages", {"chat_id": ANNA, "message_ids": ["a"]}, 'field "message_ids" must be of type Integer'),
        ("createForumTopic", {"chat_id": ANNA, "name": ""}, "TOPIC_TITLE_INVALID"),
        ("createForumTopic", {"chat_id": ANNA, "name": "a", "icon_color": 1}, "invalid icon color specified"),
        ("editForumTopic", {"chat_id": ANNA, "message_thread_id": 1, "name": "a" * 129}, "TOPIC_TITLE_INVALID"),
        ("deleteForumTopic", {"chat_id": ANNA}, 'find field "message_thread_id"'),
        ("getUpdates", {"limit": 0}, "wrong parameter limit in request"),
        ("getUpdates", {"timeout": 51}, "wrong parameter timeout in request"),
        ("getUpdates", {"offset": "last"}, 'field "offset" must be of type Integer'),
    ],
)
def test_what_is_not_documented_is_a_fault(method: str, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(FaultError) as fault:
        check(method, decode(method, parameters))
    assert fault.value.status == 400
    assert said in fault.value.description


@pytest.mark.parametrize(
    ("button", "said"),
    [
        ({"text": "a"}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ({"text": "a", "callback_data": ""}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": "a", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": "b", "url": "https://c.nl"}, "Exactly one of the optional fields"),
        ({"text": "a", "url": "not-a-url"}, "inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL"),
        ({"callback_data": "b"}, 'can\'t find field "text"'),
        ({"text": "a", "callback_data": 5}, 'field "callback_data" must be of type String'),
    ],
)
def test_a_button_has_one_action_within_its_limits(button: dict[str, Any], said: str) -> None:
    with pytest.raises(FaultError) as fault:
        check("sendMessage", {"chat_id": ANNA, "text": "a", "reply_markup": {"inline_keyboard": [[button]]}})
    assert said in fault.value.description


def test_a_hundred_buttons_and_the_longest_data_pass() -> None:
    row = [{"text": "a", "callback_data": "é" * 32}, {"text": "b", "url": "tg://user?id=1"}]
    check("sendMessage", {"chat_id": ANNA, "text": "a", "reply_markup": {"inline_keyboard": [row] * 50}})
    with pytest.raises(FaultError, match="reply markup is too long"):
        check("sendMessage", {"chat_id": ANNA, "text": "a", "reply_markup": {"inline_keyboard": [row] * 51}})


def test_other_keyboards_pass() -> None:
    for markup in (
        {"keyboard": [[{"text": "a", "request_contact": True}]], "resize_keyboard": True},
        {"remove_keyboard": True},
        {"force_reply": True, "input_field_placeholder": "a"},
    ):
        check("sendMessage", {"chat_id": "@anna", "text": "a", "reply_markup": markup})


def test_html_becomes_text_and_entities_in_utf16_units() -> None:
    html = (
        '😀<b>vet <i>schuin</i></b> &lt;&#233;&gt; <a href="https://x.nl/?a=1&amp;b=2">hier</a>'
        '<blockquote expandable>ver<span class="tg-spoiler">borgen</span></blockquote>'
        '<pre><code class="language-python">1</code></pre><tg-emoji emoji-id="5">👍</tg-emoji><u></u>'
    )
    text, entities = parse(html)
    assert text == "😀vet schuin <é> hierverborgen1👍"
    assert entities == [
        {"type": "bold", "offset": 2, "length": 10},
        {"type": "italic", "offset": 6, "length": 6},
        {"type": "text_link", "offset": 17, "length": 4, "url": "https://x.nl/?a=1&b=2"},
        {"type": "expandable_blockquote", "offset": 21, "length": 9},
        {"type": "spoiler", "offset": 24, "length": 6},
        {"type": "pre", "offset": 30, "length": 1, "language": "python"},
        {"type": "custom_emoji", "offset": 31, "length": 2, "custom_emoji_id": "5"},
    ]


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("é<script>x</script>", 'Unsupported start tag "script" at byte offset 2'),
        ("x<br/>y", "Unclosed or malformed tag at byte offset 1"),
        ("1 < 2", "Unclosed or malformed tag at byte offset 2"),
        ("1 > 2", 'Unescaped ">" at byte offset 2'),
        ("D & K", 'Unescaped "&" or unsupported entity at byte offset 2'),
        ("a&nbsp;b", "unsupported entity at byte offset 1"),
        ("&#55357;", "Unsupported entity at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<b class="x">y</b>', 'Unsupported attribute class="x" of the tag "b"'),
        ("<a>x</a>", 'Tag "a" lacks its attribute'),
        ('<a href="x.nl">x</a>', 'Unsupported attribute href="x.nl"'),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", 'can\'t be nested in "blockquote"'),
        ("<b><code>x</code></b>", 'Tag "code" can\'t be nested in "b"'),
        ("<pre><b>x</b></pre>", 'Tag "b" can\'t be nested in "pre"'),
        ("<b>x</b>" * 101, "There are 101 entities"),
    ],
)
def test_other_html_than_telegrams_is_a_fault(html: str, said: str) -> None:
    with pytest.raises(FaultError) as fault:
        check("sendMessage", {"chat_id": ANNA, "text": html, "parse_mode": "HTML"})
    assert fault.value.description.startswith("Bad Request: can't parse entities: ")
    assert said in fault.value.description


def test_html_counts_as_what_is_read() -> None:
    html = "<b>" + "&lt;" * 4096 + "</b>"
    entities = [{"type": "bold", "offset": 0, "length": 4096}]
    assert content({"text": html, "parse_mode": "HTML"}) == ("<" * 4096, entities)
    assert content({"text": "<b>", "entities": []}) == ("<b>", [])
    with pytest.raises(FaultError, match="message is too long"):
        content({"text": html + "a", "parse_mode": "HTML"})
    with pytest.raises(FaultError, match="ends after the end of the text at 4"):
        content({"text": "<b>", "entities": [{"type": "bold", "offset": 1, "length": 3}]})
