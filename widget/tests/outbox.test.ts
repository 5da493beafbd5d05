import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Receipt } from "../src/connection";
import { Conversation, type Question } from "../src/conversation";
import { Memory } from "../src/memory";
import { Outbox, RETRY_MILLISECONDS } from "../src/outbox";

const PACE: Receipt = { ok: false, error: "pace", text: "Niet zo snel." };
const one = { id: "a", text: "waarom?" };
const two = { id: "b", text: "hoezo?" };

/** An outbox whose server gives these receipts, one after the other, and takes everything after them. */
function outbox(...receipts: (Receipt | undefined)[]) {
  const talk = new Conversation();
  const memory = new Memory(() => {
    throw new DOMException("denied", "SecurityError");
  });
  const asked: string[] = [];
  const told: string[] = [];
  const line = { isReady: true };
  const box = new Outbox(talk, memory, {
    isReady: () => line.isReady,
    ask: async (question: Question) => {
      asked.push(question.id);
      return receipts.length ? receipts.shift() : { ok: true };
    },
    waits: (why) => told.push(why),
    refused: (question, why) => told.push(`refused ${question.id} ${why}`.trim()),
    gone: () => {
      told.push("gone");
      line.isReady = false;
    },
    changed: () => undefined,
  });
  return { box, talk, memory, asked, told, line };
}

describe("Outbox", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("sends in order, each until the server has answered", async () => {
    const { box, talk, asked } = outbox(undefined);
    box.add(one);
    box.add(two);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual(["a", "a", "b"]);
    expect(talk.pending).toEqual([]);
  });

  it("waits while there is no line, also over a reload", async () => {
    const { box, talk, memory, asked, line } = outbox();
    line.isReady = false;
    box.add(one);
    expect(JSON.parse(memory.get("pending")!)).toEqual([one]);
    talk.pending = [];
    box.restore();
    line.isReady = true;
    await box.flush();
    expect([asked, memory.get("pending")]).toEqual([["a"], null]);
  });

  it("loses nothing when the server takes no more for now: says so, and tries again", async () => {
    const { box, talk, asked, told } = outbox(PACE, PACE);
    box.add(one);
    await vi.advanceTimersByTimeAsync(0);
    box.add(two);
    await vi.advanceTimersByTimeAsync(0);
    expect([talk.pending, box.isWaiting]).toEqual([[one, two], true]);
    await vi.advanceTimersByTimeAsync(RETRY_MILLISECONDS);
    expect([asked, talk.pending, box.isWaiting]).toEqual([["a", "a", "a", "b"], [], false]);
    expect(told).toEqual([PACE.text, PACE.text, ""]);
  });

  it("takes back what the server can't read, and goes on with the next", async () => {
    const { box, talk, asked, told } = outbox({ ok: false, error: "form" });
    box.add(one);
    box.add(two);
    await vi.advanceTimersByTimeAsync(0);
    expect([asked, talk.pending, told]).toEqual([["a", "b"], [], ["refused a"]]);
  });

  it.each(["long", "full"])("takes back what the server does not take (%s), with its reason", async (error) => {
    const { box, talk, asked, told } = outbox({ ok: false, error, text: "Te lang." });
    box.add(one);
    await vi.advanceTimersByTimeAsync(2 * RETRY_MILLISECONDS);
    expect([asked, talk.pending, told]).toEqual([["a"], [], ["refused a Te lang."]]);
  });

  it("keeps a question of a conversation that is gone for the next one", async () => {
    const { box, talk, asked, told, line } = outbox({ ok: false, error: "gone" });
    box.add(one);
    await vi.advanceTimersByTimeAsync(0);
    expect([talk.pending, told]).toEqual([[one], ["gone"]]);
    line.isReady = true;
    await box.flush();
    expect([asked, talk.pending]).toEqual([["a", "a"], []]);
  });

  it("forgets what was waiting with the conversation, and a receipt for it", async () => {
    const { box, talk, told } = outbox(PACE);
    box.add(one);
    box.clear();
    await vi.advanceTimersByTimeAsync(RETRY_MILLISECONDS);
    expect([talk.pending, told, box.isWaiting]).toEqual([[], [], false]);
  });
});
