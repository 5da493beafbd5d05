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
    expect([talk.unread(0), talk.unread(3), talk.unread(4)]).toEqual([3, 1, 0]);
  });

  it("offers the buttons of what was said after the last question", () => {
    const talk = new Conversation();
    talk.add([message(1), message(2, "visitor"), message(3), message(4)]);
    expect([...talk.current]).toEqual([3, 4]);
  });

  it("notes whether an answer was useful, and begins anew", () => {
    const talk = new Conversation();
    talk.add([message(1)]);
    talk.rate(1, false);
    expect(talk.messages[0]?.useful).toBe(false);
    talk.clear();
    expect([talk.messages, talk.pending, talk.last]).toEqual([[], [], 0]);
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
