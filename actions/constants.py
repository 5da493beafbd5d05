"""Names of slots, intents and responses that the actions use; domain.yml declares them."""

ANSWERED = "answered"
OFFER = "offer"
OFFER_HANDOFF = "handoff"
OFFER_ERASE = "erase"
REQUEST = "request"
MISUNDERSTOOD = "misunderstood"

ALSO_ASKED = "also_asked"
"""Under this name the intent of a second question stands in the parsed message."""

MEANT = "meant"
"""Under this name stands what a message was understood as that came while a request was being made."""

FALLBACK_INTENT = "nlu_fallback"
HANDOFF_NOBODY, HANDOFF_SILENT = "handoff_nobody", "handoff_silent"
DECLINE_PREFIX = "decline_"
URGENT_PREFIX = "urgent_"

UTTER_STATEMENT = "utter_statement"
UTTER_AFFIRM = "utter_affirm"
UTTER_HANDOFF = "utter_handoff"
UTTER_HANDOFF_LIVE = "utter_handoff_live"
UTTER_HANDOFF_CLOSED = "utter_handoff_closed"
UTTER_HANDOFF_IN_GROUP = "utter_handoff_in_group"
UTTER_REQUEST_WAITS = "utter_request_waits"
UTTER_REQUEST_SENT = "utter_request_sent"
UTTER_REQUEST_SENT_LIVE = "utter_request_sent_live"
UTTER_REQUEST_SENT_CHAT = "utter_request_sent_chat"
UTTER_REQUEST_NOT_KEPT = "utter_request_not_kept"
UTTER_REQUEST_LIMIT = "utter_request_limit"
UTTER_REQUEST_ENOUGH = "utter_request_enough"
UTTER_REQUEST_STAYS = "utter_request_stays"
UTTER_REQUEST_NOBODY = "utter_request_nobody"
UTTER_REQUEST_SILENT = "utter_request_silent"
UTTER_REQUEST_NOBODY_KNOWN = "utter_request_nobody_known"
UTTER_REQUEST_SILENT_KNOWN = "utter_request_silent_known"
UTTER_ASK_ERASE = "utter_ask_erase"
UTTER_ERASED = "utter_erased"
UTTER_NO_MORE = "utter_no_more"
UTTER_ASK_REPHRASE = "utter_ask_rephrase"
UTTER_REPHRASE = "utter_rephrase"
UTTER_OFFER_HUMAN = "utter_offer_human"

INTENTS_SET_BY_CODE = (
    "empty_message",
    "too_long_message",
    FALLBACK_INTENT,
    "request_detail",
    "share",
    HANDOFF_NOBODY,
    HANDOFF_SILENT,
)
"""Intents without examples: no visitor types them, channels and the decision after the classifier set them."""
