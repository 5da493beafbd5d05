"""Names of slots, intents and responses that the actions use; domain.yml declares them."""

ANSWERED = "answered"
OFFER = "offer"
OFFER_HANDOFF = "handoff"
MISUNDERSTOOD = "misunderstood"

ALSO_ASKED = "also_asked"
"""Under this name the intent of a second question stands in the parsed message."""

FALLBACK_INTENT = "nlu_fallback"
DECLINE_PREFIX = "decline_"
URGENT_PREFIX = "urgent_"

UTTER_STATEMENT = "utter_statement"
UTTER_AFFIRM = "utter_affirm"
UTTER_HANDOFF = "utter_handoff"
UTTER_NO_MORE = "utter_no_more"
UTTER_ASK_REPHRASE = "utter_ask_rephrase"
UTTER_REPHRASE = "utter_rephrase"
UTTER_OFFER_HUMAN = "utter_offer_human"
