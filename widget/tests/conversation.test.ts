import { describe, expect, it } from "vitest";
import { Conversation, readPending, type Message } from "../src/conversation";

const message = (id: number, author: Message["author"] = "bot", extra: Partial<Message> = {}): Message => ({
  id,
  author,
  body: { kind: "text", text: String(id) },
  ...extra,
});

describe("Conversation", () => {
  it("takes each message once, in the order of their ids, whatever order they come in", () => {
    const talk = new Conversation();
    expect(talk.add([message(3), message(1)]).map((m) => m.id)).toEqual([3, 1]);
    expect(talk.add([message(2), message(3)]).map((m) => m.id)).toEqual([2]);
    expect(talk.messages.map((m) => m.id)).toEqual([1, 2, 3]);
    expect(talk.last).toBe(3);
  });

  it("goes on where it was, and keeps that there is more before", () => {
    const talk = new Conversation();
    talk.resume({ messages: [message(5)], earlier: true });
    talk.resume({ messages: [message(6)], earlier: false });
    expect([talk.messages.map((m) => m.id), talk.hasEarlier]).toEqual([[5, 6], true]);
    talk.extend({ messages: [message(3), message(4)], earlier: false });
    expect([talk.messages.map((m) => m.id), talk.hasEarlier]).toEqual([[3, 4, 5, 6], false]);
  });

  it("leaves no hole where it missed more than a page", () => {
    const talk = new Conversation();
    talk.resume({ messages: [message(1), message(2)], earlier: false });
    talk.resume({ messages: [message(8), message(9)], earlier: true });
    expect([talk.messages.map((m) => m.id), talk.hasEarlier]).toEqual([[8, 9], true]);
  });

  it("forgets a question that is on its way once the server has it", () => {
    const talk = new Conversation();
    talk.ask({ id: "a", text: "waarom?" });
    talk.ask({ id: "b", text: "hoezo?" });
    talk.add([message(1, "visitor", { client_id: "a" })]);
    expect(talk.pending.map((q) => q.id)).toEqual(["b"]);
  });

  it("counts as unread what others said since", () => {
    const talk = new Conversation();
    talk.add([message(1), message(2, "visitor"), message(3), message(4, "staff")]);
    expect([talk.unread(0), talk.unread(3), talk.unread(4)]).toEqual([2, 1, 0]);
  });

  it("counts the words that every conversation opens with as no news, but what a human says then", () => {
    const talk = new Conversation();
    talk.add([message(1), message(2)]);
    expect(talk.unread(0)).toBe(0);
    talk.add([message(3, "staff")]);
    expect(talk.unread(0)).toBe(1);
  });

  it("offers the buttons of what was said after the last question", () => {
    const talk = new Conversation();
    talk.add([message(1), message(2, "visitor"), message(3), message(4)]);
    expect([...talk.current]).toEqual([3, 4]);
  });

  it("notes whether an answer was useful", () => {
    const talk = new Conversation();
    talk.add([message(1)]);
    talk.rate(1, false);
    expect(talk.messages[0]?.useful).toBe(false);
  });
});

describe("readPending", () => {
  it.each([null, "", "nee", "{}", "[1, null]", '[{"id": 3, "text": "x"}]'])("finds no question in %j", (kept) => {
    expect(readPending(kept)).toEqual([]);
  });

  it("finds what was kept", () => {
    const kept = [{ id: "a", text: "waarom?" }];
    expect(readPending(JSON.stringify(kept))).toEqual(kept);
  });
});
