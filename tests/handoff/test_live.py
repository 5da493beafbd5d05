"""Live conversations between visitors and staff: taken over, both ways, given back; in the widget and in Telegram."""

from __future__ import annotations

import asyncio

from botwijzer.handoff.request import State
from botwijzer.responses import responses
from tests.channels.visitor import visiting
from tests.conftest import is_response
from tests.handoff.conftest import ANNA, BRAM, Desk, ask_in_telegram, ask_in_widget, staff_says
from tests.telegram.bot_api_account import Sent

QUESTION = "leveren jullie die poeders ook in Antwerpen"
SWIMMING = "Is zwemmen goed voor je botten?"


def secret_of(person: int) -> str:
    """A word that stands nowhere else."""
    return "Zevenslaper" + "".join(chr(ord("a") + int(digit)) for digit in str(person))


def last(desk: Desk, chat: int, words: str) -> Sent:
    """The last message to a visitor with these words, once it is there."""
    found = desk.bot.api.wait_for(lambda: [sent for sent in desk.bot.api.sent(chat) if words in sent.text])
    return found[-1]


def test_in_telegram_a_human_takes_over_talks_and_gives_back(desk: Desk, person: int) -> None:
    bot = desk.bot
    bot.asked(person, SWIMMING)
    ask_in_telegram(desk, person, f"{QUESTION} ({person})")
    post = desk.post(str(person))
    assert "Al gelezen in het artikel" in post.text
    assert bool(post.thread) is desk.has_topics

    assert "wandelen" in bot.asked(person, SWIMMING).text  # the assistant goes on while nobody is there
    assert desk.press(post, "take") == ""
    assert last(desk, person, "neemt het gesprek over")
    taken = desk.post("Anna de Vries heeft het gesprek overgenomen")
    assert taken.thread == post.thread

    said = len(bot.api.sent(person))
    bot.api.text(person, SWIMMING)
    line = desk.post(f"Bezoeker: {SWIMMING}")
    assert line.thread == post.thread
    desk.write(post, "Ja hoor, overal in België & Nederland <3")
    assert last(desk, person, "overal in België").text == "Medewerker:\n\nJa hoor, overal in België & Nederland <3"
    assert len(bot.api.sent(person)) == said + 1  # the assistant was silent

    desk.write(post, "/klaar")
    assert "chatbot" in last(desk, person, "heeft het gesprek afgesloten").text
    desk.post("is afgesloten")
    assert "wandelen" in bot.asked(person, SWIMMING).text
    if desk.has_topics:
        topic = next(topic for topic in bot.api.topics(desk.group) if topic.thread == post.thread)
        assert topic.name.startswith("BW-")
        bot.api.wait_for(lambda: next(t for t in bot.api.topics(desk.group) if t.thread == post.thread).closed)


def test_in_the_widget_a_human_takes_over_talks_and_gives_back(desk: Desk, person: int) -> None:
    async def talk() -> None:
        async with visiting(desk.bot.stack.url) as visitor:
            await ask_in_widget(visitor, f"{QUESTION} ({person})")
            post = await asyncio.to_thread(desk.post, str(person))
            await asyncio.to_thread(desk.press, post, "take")
            await visitor.until(lambda: responses().text("utter_human_here") in visitor.texts)

            assert await visitor.answered(SWIMMING) == []
            await asyncio.to_thread(desk.post, f"Bezoeker: {SWIMMING}", 1)
            await asyncio.to_thread(desk.write, post, "Ja hoor.")
            await staff_says(visitor, "Ja hoor.")

            await asyncio.to_thread(desk.press, post, "close")
            await visitor.until(lambda: responses().text("utter_human_gone") in visitor.texts)
            await visitor.answered(SWIMMING)
            assert len(visitor.answers) == 1

    asyncio.run(talk())


def test_a_long_line_of_a_visitor_in_telegram_reaches_the_staff_whole(desk: Desk, person: int) -> None:
    words = " ".join(f"woord{number}" for number in range(460))
    assert 3_900 < len(words) <= 4_096, "as long as Telegram lets it be"
    ask_in_telegram(desk, person, f"{QUESTION} ({person})")
    desk.press(desk.post(str(person)), "take")
    assert last(desk, person, "neemt het gesprek over")

    desk.bot.api.text(person, words)

    desk.post("woord459")
    posted = " ".join(sent.text for sent in desk.posts())
    assert [word for word in words.split() if word not in posted] == []


def test_of_two_operators_one_gets_it_and_the_other_sees_who(desk: Desk, person: int) -> None:
    ask_in_telegram(desk, person, f"{QUESTION} ({person})")
    post = desk.post(str(person))

    assert desk.press(post, "take", ANNA) == ""
    assert desk.press(post, "take", BRAM) == "Anna de Vries heeft dit gesprek al."
    assert desk.press(post, "take", ANNA) == "Jij hebt dit gesprek al."
    desk.write(post, "Ik kijk even mee.", BRAM)
    assert last(desk, person, "Ik kijk even mee.")
    assert desk.press(post, "close", BRAM) == ""
    assert desk.press(post, "close", ANNA) == "Dit verzoek is al afgesloten."
    assert desk.press(post, "take", ANNA) == "Dit verzoek is al afgesloten."


def test_before_it_is_taken_nothing_goes_to_the_visitor(desk: Desk, person: int) -> None:
    ask_in_telegram(desk, person, f"{QUESTION} ({person})")
    post = desk.post(str(person))
    before = len(desk.bot.api.sent(person))

    desk.write(post, "Wie pakt deze?")
    refused = desk.post("druk eerst op Overnemen", 1)

    assert refused.thread == post.thread
    assert len(desk.bot.quiet(person)) == before + 1  # the answer to what `quiet` asks


def test_pictures_are_refused_kindly_on_both_sides(desk: Desk, person: int) -> None:
    api = desk.bot.api
    ask_in_telegram(desk, person, f"{QUESTION} ({person})")
    post = desk.post(str(person))
    desk.press(post, "take")
    last(desk, person, "neemt het gesprek over")

    api.attach(person, "photo", caption="kijk")
    assert is_response("utter_human_reads_text_only", last(desk, person, "geen foto").text)
    reply_to = None if post.thread else post.message_id
    api.attach(desk.group, "voice", user=ANNA, name="Anna de Vries", thread=post.thread, reply_to=reply_to)
    desk.post("alleen tekst kan worden doorgegeven")
    api.text(person, "/contact")
    assert last(desk, person, "Je praat nu met een medewerker")
    desk.write(post, "/klaar")
    last(desk, person, "heeft het gesprek afgesloten")


def test_what_the_staff_says_among_themselves_and_to_the_bot_stays_there(desk: Desk, person: int) -> None:
    api, group = desk.bot.api, desk.group
    api.text(group, "Goedemorgen allemaal", user=ANNA, name="Anna de Vries")
    api.text(group, "@botwijzer_bot is zwemmen goed voor je botten?", user=ANNA, name="Anna de Vries")
    api.join(group, BRAM, "Bram")
    ask_in_telegram(desk, person, f"{QUESTION} ({person})")
    desk.post(str(person))

    assert not [sent.text for sent in desk.posts() if "Disclaimer" in sent.text or "chatbot (een" in sent.text]


def test_erasing_takes_everything_along(desk: Desk, person: int) -> None:
    secret = secret_of(person)
    bot = desk.bot
    ask_in_telegram(desk, person, f"ik heet Sofie {secret} en wil weten of jullie {secret} verkopen")
    post = desk.post(secret)
    desk.press(post, "take")
    last(desk, person, "neemt het gesprek over")
    bot.api.text(person, f"nog iets over {secret}")
    desk.post(f"Bezoeker: nog iets over {secret}")
    desk.write(post, "/klaar")
    last(desk, person, "heeft het gesprek afgesloten")
    bot.asked(person, "verwijder mijn gegevens")

    told = bot.asked(person, "ja").text

    assert "Gewist" in told
    assert "BW-" in told
    bot.api.wait_for(lambda: not [sent for sent in desk.posts() if secret in sent.text])
    assert desk.store.state_of(f"telegram:{person}") is State.BOT
    files = [*bot.stack.logs.parent.rglob("*")]
    assert len(files) > 3
    for path in files:
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path.name


def test_erasing_in_the_widget_takes_everything_along(desk: Desk, person: int) -> None:
    secret = secret_of(person)

    async def talk() -> None:
        async with visiting(desk.bot.stack.url) as visitor:
            await ask_in_widget(visitor, f"ik wil graag iets weten over {secret}")
            await asyncio.to_thread(desk.post, secret)
            await visitor.answered("verwijder mijn gegevens")
            await visitor.ask("ja", payload="/affirm")
            await visitor.until(
                lambda: visitor.heard[-1][0] == "erased" or [h for h in visitor.heard if h[0] == "erased"]
            )
            told = next(data for event, data in visitor.heard if event == "erased")
            assert "BW-" in told["text"]

    asyncio.run(talk())
    desk.bot.api.wait_for(lambda: not [sent for sent in desk.posts() if secret in sent.text])
    for path in desk.bot.stack.logs.parent.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path.name
