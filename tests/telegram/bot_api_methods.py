"""Telegram's methods as documented for Bot API 10.0: their parameters and the types of these."""

from __future__ import annotations

_COMMON = {"business_connection_id": "String", "chat_id": "Integer|String!", "message_thread_id": "Integer"}
_EDIT = {
    "business_connection_id": "String",
    "chat_id": "Integer|String",
    "message_id": "Integer",
    "inline_message_id": "String",
    "reply_markup": "InlineKeyboardMarkup",
}
_TEXT = {"text": "String!", "parse_mode": "String", "entities": "[MessageEntity]"}
_LANGUAGE = {"language_code": "String"}
_TOPIC = {"chat_id": "Integer|String!", "message_thread_id": "Integer!"}

METHODS: dict[str, dict[str, str]] = {
    "getMe": {},
    "getUpdates": {"offset": "Integer", "limit": "Integer", "timeout": "Integer", "allowed_updates": "[String]"},
    "setWebhook": {
        "url": "String!",
        "certificate": "InputFile",
        "ip_address": "String",
        "max_connections": "Integer",
        "allowed_updates": "[String]",
        "drop_pending_updates": "Boolean",
        "secret_token": "String",
    },
    "deleteWebhook": {"drop_pending_updates": "Boolean"},
    "getWebhookInfo": {},
    "sendMessage": {
        **_COMMON,
        **_TEXT,
        "direct_messages_topic_id": "Integer",
        "link_preview_options": "LinkPreviewOptions",
        "disable_notification": "Boolean",
        "protect_content": "Boolean",
        "allow_paid_broadcast": "Boolean",
        "message_effect_id": "String",
        "suggested_post_parameters": "Object",
        "reply_parameters": "ReplyParameters",
        "reply_markup": "InlineKeyboardMarkup|ReplyKeyboardMarkup|ReplyKeyboardRemove|ForceReply",
    },
    "editMessageText": {**_EDIT, **_TEXT, "link_preview_options": "LinkPreviewOptions"},
    "editMessageReplyMarkup": _EDIT,
    "deleteMessage": {"chat_id": "Integer|String!", "message_id": "Integer!"},
    "deleteMessages": {"chat_id": "Integer|String!", "message_ids": "[Integer]!"},
    "sendChatAction": {**_COMMON, "action": "String!"},
    "answerCallbackQuery": {
        "callback_query_id": "String!",
        "text": "String",
        "show_alert": "Boolean",
        "url": "String",
        "cache_time": "Integer",
    },
    "setMyCommands": {"commands": "[BotCommand]!", "scope": "BotCommandScope", **_LANGUAGE},
    "getMyCommands": {"scope": "BotCommandScope", **_LANGUAGE},
    "setMyDescription": {"description": "String", **_LANGUAGE},
    "getMyDescription": _LANGUAGE,
    "setMyShortDescription": {"short_description": "String", **_LANGUAGE},
    "getMyShortDescription": _LANGUAGE,
    "createForumTopic": {
        "chat_id": "Integer|String!",
        "name": "String!",
        "icon_color": "Integer",
        "icon_custom_emoji_id": "String",
    },
    "editForumTopic": {**_TOPIC, "name": "String", "icon_custom_emoji_id": "String"},
    "closeForumTopic": _TOPIC,
    "reopenForumTopic": _TOPIC,
    "deleteForumTopic": _TOPIC,
    "getChat": {"chat_id": "Integer|String!"},
}
"""The parameters of each method; an exclamation mark: required, brackets: an array, a bar: either."""

BUTTON_ACTIONS = {
    "url": "String",
    "callback_data": "String",
    "web_app": "Object",
    "login_url": "Object",
    "switch_inline_query": "String",
    "switch_inline_query_current_chat": "String",
    "switch_inline_query_chosen_chat": "Object",
    "copy_text": "Object",
    "callback_game": "Object",
    "pay": "Boolean",
}
_BUTTON = {"text": "String!", "style": "String", "icon_custom_emoji_id": "String", "web_app": "Object"}

TYPES: dict[str, dict[str, str]] = {
    "MessageEntity": {
        "type": "String!",
        "offset": "Integer!",
        "length": "Integer!",
        "url": "String",
        "user": "Object",
        "language": "String",
        "custom_emoji_id": "String",
        "unix_time": "Integer",
        "date_time_format": "String",
    },
    "LinkPreviewOptions": {
        "is_disabled": "Boolean",
        "url": "String",
        "prefer_small_media": "Boolean",
        "prefer_large_media": "Boolean",
        "show_above_text": "Boolean",
    },
    "ReplyParameters": {
        "message_id": "Integer!",
        "chat_id": "Integer|String",
        "allow_sending_without_reply": "Boolean",
        "quote": "String",
        "quote_parse_mode": "String",
        "quote_entities": "[MessageEntity]",
        "quote_position": "Integer",
        "checklist_task_id": "Integer",
        "poll_option_id": "String",
    },
    "InlineKeyboardMarkup": {"inline_keyboard": "[[InlineKeyboardButton]]!"},
    "InlineKeyboardButton": {**_BUTTON, **BUTTON_ACTIONS},
    "ReplyKeyboardMarkup": {
        "keyboard": "[[KeyboardButton]]!",
        "is_persistent": "Boolean",
        "resize_keyboard": "Boolean",
        "one_time_keyboard": "Boolean",
        "input_field_placeholder": "String",
        "selective": "Boolean",
    },
    "KeyboardButton": {
        **_BUTTON,
        "request_users": "Object",
        "request_chat": "Object",
        "request_managed_bot": "Object",
        "request_contact": "Boolean",
        "request_location": "Boolean",
        "request_poll": "Object",
    },
    "ReplyKeyboardRemove": {"remove_keyboard": "Boolean!", "selective": "Boolean"},
    "ForceReply": {"force_reply": "Boolean!", "input_field_placeholder": "String", "selective": "Boolean"},
    "BotCommand": {"command": "String!", "description": "String!"},
    "BotCommandScope": {"type": "String!", "chat_id": "Integer|String", "user_id": "Integer"},
}

UPDATE_KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
)
ONLY_ON_REQUEST = ("chat_member", "message_reaction", "message_reaction_count")
"""Updates that come only to whom asks for them."""

CHAT_ACTIONS = (
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
)
COMMAND_SCOPES = (
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
    "chat",
    "chat_administrators",
    "chat_member",
)
ICON_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
