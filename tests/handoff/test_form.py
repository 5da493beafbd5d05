"""The talk on a request, turn by turn: what is asked, what a reply means, and what would be sent."""

from __future__ import annotations

from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st

from botwijzer.handoff.form import CONFIRM, CONTACT, QUESTION, Draft, Outcome, advance, begin
from tests.unit_helpers import domain, unhurried

ASK_CONTACT, ASK_QUESTION = "utter_request_ask_contact", "utter_request_ask_question"
SUMMARY, CONFIRMING = "utter_request_summary", "utter_request_confirm"
INTENTS = [
    "faq_zwemmen", "decline_orders", "out_of_scope", "nlu_fallback", "affirm", "deny", "cancel", "refuse", "handoff",
    "privacy_question", "urgent_acute", "urgent_medication", "thank", "greet", "share", "more", "empty_message",
]  # fmt: skip


def draft(**more: object) -> Draft:
    """A request that has just been opened."""
    return replace(Draft("d" * 32, needs_contact=True), **more)  # type: ignore[arg-type]


def talk(of: Draft, *turns: tuple[str, str]) -> list[Outcome]:
    """What comes of each (text, intent), one after the other."""
    outcomes = []
    for text, intent in turns:
        assert of.asks
        outcome = advance(of, text, intent)
        outcomes.append(outcome)
        of = outcome.draft or of
    return outcomes


def test_one_by_one_until_the_yes() -> None:
    outcomes = talk(
        draft(),
        ("mijn naam is Godelieve Maes", "nlu_fallback"),
        ("godelieve.maes@example.be is het", "out_of_scope"),
        ("mag ik die poeders nemen naast mijn bloedverdunners", "urgent_medication"),
        ("doe dat maar", "affirm"),
    )

    assert [outcome.says for outcome in outcomes] == [(ASK_CONTACT,), (ASK_QUESTION,), (SUMMARY,), ()]
    assert [outcome.answers for outcome in outcomes] == [False, False, True, False]
    assert outcomes[-1].sends
    sent = outcomes[-1].draft
    assert sent
    assert (sent.name, sent.email) == ("Godelieve Maes", "godelieve.maes@example.be")
    assert sent.question == "mag ik die poeders nemen naast mijn bloedverdunners"


def test_all_in_one_message() -> None:
    (outcome,) = talk(
        draft(), ("Ik ben An Smits, 06-12345678, en ik wil weten of jullie in Gent een winkel hebben", "decline_orders")
    )

    assert outcome.says == (SUMMARY,)
    assert outcome.draft
    assert (outcome.draft.name, outcome.draft.phone) == ("An Smits", "+31 6 12345678")
    assert "Gent" in outcome.draft.question


def test_a_number_that_is_short_is_asked_for_again_and_its_end_can_be_put_right() -> None:
    outcomes = talk(
        draft(),
        ("J. de Wit, bel 06-2345678", "nlu_fallback"),
        ("oeps, 06-23456780", "nlu_fallback"),
        ("De verdeling van mineralen in mijn weekmenu, ik ben 71.", "faq_samenwerking"),
        ("wacht, de laatste cijfers zijn 81", "nlu_fallback"),
        ("ja precies", "affirm"),
    )

    assert [outcome.says for outcome in outcomes] == [
        ("utter_request_bad_phone",), (ASK_QUESTION,), (SUMMARY,), (SUMMARY,), (),
    ]  # fmt: skip
    sent = outcomes[-1].draft
    assert sent
    assert (sent.name, sent.phone, outcomes[-1].sends) == ("J. de Wit", "+31 6 23456781", True)


def test_an_address_that_is_probably_another_is_read_back() -> None:
    outcomes = talk(draft(), ("ans@gmial.com", "nlu_fallback"), ("", "affirm"))

    assert [outcome.says for outcome in outcomes] == [("utter_request_ask_check",), (ASK_QUESTION,)]
    assert outcomes[-1].draft
    assert outcomes[-1].draft.email == "ans@gmail.com"


def test_an_address_that_is_read_wrongly_is_typed_again() -> None:
    outcomes = talk(draft(), ("ans@gmial.com", "nlu_fallback"), ("nee", "deny"), ("ans@ziggo.nl", "nlu_fallback"))

    assert [outcome.says for outcome in outcomes] == [
        ("utter_request_ask_check",), ("utter_request_type_again",), (ASK_QUESTION,),
    ]  # fmt: skip


def test_who_insists_on_an_address_is_right() -> None:
    outcomes = talk(draft(), ("ans@gmial.com", "nlu_fallback"), ("nee", "deny"), ("ans@gmial.com", "nlu_fallback"))

    assert outcomes[-1].says == (ASK_QUESTION,)
    assert outcomes[-1].draft
    assert outcomes[-1].draft.email == "ans@gmial.com"


def test_what_can_be_no_address_is_asked_for_again() -> None:
    (outcome,) = talk(draft(), ("Tineke Kok tineke@@example.nl", "nlu_fallback"))

    assert outcome.says == ("utter_request_bad_email",)
    assert outcome.draft
    assert (outcome.draft.name, outcome.draft.email) == ("Tineke Kok", "")


@pytest.mark.parametrize("text", ["mijn naam geef ik niet", "mijn naam hou ik voor mezelf"])
def test_the_name_may_be_refused_and_is_not_taken_for_one(text: str) -> None:
    (outcome,) = talk(draft(), (text, "refuse"))

    assert outcome.says == ("utter_request_without_name", ASK_CONTACT)
    assert outcome.draft
    assert (outcome.draft.name, outcome.draft.question) == ("", "")


def test_who_gives_no_way_to_answer_hears_why_and_what_else_there_is() -> None:
    outcomes = talk(draft(), ("mijn mailadres geef ik niet", "refuse"), ("nee", "deny"))

    assert [outcome.says for outcome in outcomes] == [("utter_request_no_way",)] * 2


@pytest.mark.parametrize(
    ("text", "intent"),
    [("laat maar", "deny"), ("hoeft niet meer hoor", "deny"), ("ik bel zelf wel even", "cancel"), ("", "cancel")],
)
@pytest.mark.parametrize("step", [CONTACT, QUESTION, CONFIRM])
def test_it_can_be_called_off_at_any_point(step: str, text: str, intent: str) -> None:
    (outcome,) = talk(draft(step=step, email="an@example.nl", question="Wat?"), (text, intent))

    assert (outcome.draft, outcome.says, outcome.sends) == (None, ("utter_request_cancelled",), False)


@pytest.mark.parametrize("intent", ["faq_zwemmen", "more", "sources", "privacy_question", "bot_challenge", "thank"])
def test_what_is_asked_in_between_is_answered_and_the_thread_taken_up_again(intent: str) -> None:
    (first,) = talk(draft(), ("is zwemmen goed voor je botten?", intent))
    (last,) = talk(draft(step=CONFIRM, email="an@example.nl", question="Wat?"), ("en is zwemmen ook goed?", intent))

    assert (first.answers, first.says) == (True, (ASK_CONTACT,))
    assert (last.answers, last.says) == (True, (CONFIRMING,))
    assert not first.draft or not first.draft.question


def test_the_question_may_come_before_the_way_to_answer() -> None:
    outcomes = talk(
        draft(), ("ik wil weten wanneer mijn pakje komt", "decline_orders"), ("an@example.nl", "nlu_fallback")
    )

    assert [(outcome.answers, outcome.says) for outcome in outcomes] == [(False, (ASK_CONTACT,)), (False, (SUMMARY,))]


def test_a_question_on_the_subject_is_the_one_to_pass_on_when_it_is_asked_for() -> None:
    (outcome,) = talk(draft(step=QUESTION, email="an@example.nl"), ("is zwemmen goed voor je botten?", "faq_zwemmen"))

    assert (outcome.answers, outcome.says) == (False, (SUMMARY,))


def test_the_question_before_is_meant_by_that_one() -> None:
    (outcome,) = talk(
        draft(step=QUESTION, email="an@example.nl", before="zit er gluten in de poeders?"),
        ("wat ik net al vroeg", "nlu_fallback"),
    )

    assert outcome.draft
    assert outcome.draft.question == "zit er gluten in de poeders?"


def test_no_at_the_end_asks_what_is_wrong_and_anything_can_be_changed() -> None:
    known = draft(step=CONFIRM, email="an@example.nl", question="Wat kost het?")
    outcomes = talk(
        known,
        ("nee", "deny"),
        ("mijn vraag is of jullie ook in België leveren", "decline_orders"),
        ("mijn naam is An", "nlu_fallback"),
        ("doe toch maar an@ziggo.nl", "nlu_fallback"),
        ("en graag na vijf uur 's middags", "nlu_fallback"),
    )

    assert outcomes[0].says == ("utter_request_what_is_wrong",)
    assert [outcome.says for outcome in outcomes[1:]] == [(SUMMARY,)] * 4
    last = outcomes[-1].draft
    assert last
    assert (last.name, last.email) == ("An", "an@ziggo.nl")
    assert last.question.startswith("of jullie ook in België leveren")
    assert "vijf uur" in last.question


@pytest.mark.parametrize(("text", "intent"), [("", "share"), ("ja, met mijn eerdere vragen erbij", "affirm")])
def test_earlier_questions_go_along_only_when_the_visitor_says_so(text: str, intent: str) -> None:
    known = draft(step=CONFIRM, email="an@example.nl", question="Wat?", earlier=("Hoe?",))

    (shared,) = talk(known, (text, intent))
    (kept,) = talk(known, ("ja", "affirm"))
    (nothing,) = talk(replace(known, earlier=()), ("", "share"))

    assert shared.draft
    assert kept.draft
    assert nothing.draft
    assert (shared.sends, shared.draft.share) == (True, True)
    assert (kept.sends, kept.draft.share) == (True, False)
    assert (nothing.sends, nothing.draft.share) == (True, False)


def test_where_the_conversation_itself_is_answered_no_address_is_asked_for() -> None:
    opened = begin(draft(needs_contact=False), "ik wil een mens")
    assert opened.draft
    assert opened.says == (ASK_QUESTION,)

    (outcome,) = talk(opened.draft, ("wanneer komt mijn pakje nu eindelijk", "decline_orders"))

    assert outcome.says == (SUMMARY,)


def test_what_the_first_message_tells_is_not_asked_again() -> None:
    outcome = begin(draft(), "Kan iemand mij bellen op 06-12345678?")

    assert outcome.says == (ASK_QUESTION,)
    assert outcome.draft
    assert outcome.draft.phone == "+31 6 12345678"


@pytest.mark.parametrize("step", [CONTACT, QUESTION, CONFIRM])
@pytest.mark.parametrize("intent", ["urgent_acute", "urgent_despair"])
def test_what_is_urgent_is_answered_and_never_passed_on(step: str, intent: str) -> None:
    known = draft(step=step, email="" if step == CONTACT else "an@example.nl", question="Wat?" * (step == CONFIRM))

    (outcome,) = talk(known, ("ik heb ineens heel erge pijn op de borst", intent))

    assert outcome.answers
    assert outcome.draft
    assert "pijn" not in outcome.draft.question
    assert not outcome.sends


def test_an_addition_is_offered_once_and_the_request_stays() -> None:
    known = draft(reference="BW-4F7K", question="Wat?")

    assert talk(known, ("nee", "deny"))[0] == Outcome(None, ("utter_request_stays",))
    assert talk(known, ("laat maar", "cancel"))[0] == Outcome(None, ("utter_request_stays",))
    assert talk(known, ("is zwemmen goed?", "faq_zwemmen"))[0] == Outcome(None, answers=True)
    assert talk(known, ("an@example.nl", "nlu_fallback"))[0].says == (SUMMARY,)


def test_erasing_ends_it() -> None:
    (outcome,) = talk(draft(), ("verwijder mijn gegevens", "erase"))

    assert outcome == Outcome(None, answers=True)


def test_a_draft_is_kept_whole() -> None:
    full = draft(name="An", email="an@example.nl", question="Wat?", earlier=("Hoe?", "Wie?"), share=True)

    assert Draft.from_json(full.to_json()) == full
    assert Draft.from_json({**full.to_json(), "from another version": 1}) == full


@unhurried
@hypothesis.given(
    st.lists(st.tuples(st.text(max_size=60), st.sampled_from(INTENTS)), min_size=1, max_size=6), st.booleans()
)
def test_whatever_is_said_something_comes_of_it_and_nothing_is_sent_without_a_yes(
    turns: list[tuple[str, str]], needs_contact: bool
) -> None:
    of = draft(needs_contact=needs_contact)
    for text, intent in turns:
        outcome = advance(of, text, intent)
        assert outcome.says or outcome.answers or outcome.sends or outcome.draft
        assert set(outcome.says) <= set(domain()["responses"])
        if outcome.sends:
            assert of.step == CONFIRM
            assert of.question
            assert of.way or not needs_contact
        if outcome.draft is None or outcome.sends:
            break
        of = outcome.draft


@pytest.mark.parametrize("intent", ["privacy_question", "nlu_fallback", "decline_orders", "faq_zwemmen"])
def test_who_says_the_same_again_sees_the_same_again(intent: str) -> None:
    said = ("wat kost verzenden naar huisnummer 12, mijn mail is an@example.nl", intent)

    first, again = talk(draft(), ("wat kost verzenden naar huisnummer 12, mijn mail is an@example.nl", ""), said)

    assert (again.says, again.answers, again.draft) == (first.says, False, first.draft)


READY = {"step": CONFIRM, "email": "an@example.nl", "question": "waar blijft mijn pakket"}


@pytest.mark.parametrize("text", ["ja maar wacht nog even", "ja maar de vraag moet anders"])
def test_a_yes_that_waits_asks_what_is_wrong(text: str) -> None:
    (outcome,) = talk(draft(**READY), (text, "affirm"))

    assert (outcome.sends, outcome.says) == (False, ("utter_request_what_is_wrong",))


def test_a_yes_with_more_in_it_takes_that_up_first() -> None:
    outcomes = talk(
        draft(**READY),
        ("ja en mijn naam is Toos", "affirm"),
        ("ja maar bel na zes uur want dan ben ik thuis", "affirm"),
        ("ja", "affirm"),
    )

    assert [outcome.says for outcome in outcomes] == [(SUMMARY,), (SUMMARY,), ()]
    sent = outcomes[-1].draft
    assert sent
    assert (sent.name, outcomes[-1].sends) == ("Toos", True)
    assert sent.question == "waar blijft mijn pakket. bel na zes uur want dan ben ik thuis"


def test_what_comes_after_something_is_wrong_takes_the_place_of_the_question() -> None:
    outcomes = talk(draft(**READY), ("nee", "deny"), ("ik wil mijn bestelling annuleren", "decline_orders"))

    assert outcomes[-1].draft
    assert outcomes[-1].draft.question == "ik wil mijn bestelling annuleren"


def test_a_second_no_calls_it_off() -> None:
    assert talk(draft(**READY), ("nee", "deny"), ("nee", "deny"))[-1].says == ("utter_request_cancelled",)


def test_a_part_that_is_taken_out_is_gone_and_nothing_is_erased() -> None:
    (outcome,) = talk(draft(**READY, name="An", phone="+31 6 12345678"), ("haal mijn nummer eraf", "erase"))
    (named,) = talk(draft(**READY, name="An"), ("ik geef mijn naam liever niet", "refuse"))

    assert (outcome.says, outcome.answers) == ((SUMMARY,), False)
    assert outcome.draft
    assert (outcome.draft.phone, outcome.draft.email) == ("", "an@example.nl")
    assert named.draft
    assert named.draft.name == ""


@pytest.mark.parametrize("text", ["even mijn bril pakken", "dat moet ik even opzoeken", "medewerker"])
def test_talk_beside_it_becomes_no_question(text: str) -> None:
    (outcome,) = talk(draft(), (text, "out_of_scope"))

    assert outcome.draft
    assert outcome.draft.question == ""


def test_who_says_goodbye_is_asked_nothing_more() -> None:
    assert talk(draft(), ("tot ziens", "goodbye"))[0] == Outcome(None, answers=True)
