/** Questions on their way: sent one by one in their order, and again until the server has kept them. */
import type { Receipt } from "./connection";
import { readPending, type Conversation, type Question } from "./conversation";
import type { Memory } from "./memory";

export const RETRY_MILLISECONDS = 5_000;
/** Errors that sending again does not change: not readable, too long, no room in this conversation. */
const NOT_TAKEN = new Set(["form", "long", "full"]);

/** How a question goes, and what the panel wants to hear of it. */
export interface Sender {
  isReady(): boolean;
  ask(question: Question): Promise<Receipt | undefined>;
  /** The server takes no more for now and says why; the text is empty once all of it was sent. */
  waits(why: string): void;
  /** The server does not take this question, however often it is sent; `why` is its reason, or empty. */
  refused(question: Question, why: string): void;
  /** There is no such conversation any more. */
  gone(): void;
  changed(): void;
}

export class Outbox {
  #isSending = false;
  #isWaiting = false;
  #retry?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly conversation: Conversation,
    private readonly memory: Memory,
    private readonly sender: Sender,
  ) {}

  /** Whether the server has asked to wait. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Takes up what was on its way before a reload. */
  restore(): void {
    this.conversation.pending = readPending(this.memory.get("pending"));
  }

  add(question: Question): void {
    this.conversation.ask(question);
    this.keep();
    void this.flush();
  }

  /** Sends what is there; what the server has not kept stays. */
  async flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    clearTimeout(this.#retry);
    let goesOn = true;
    for (let next; goesOn && (next = this.conversation.pending[0]) && this.sender.isReady(); ) {
      const receipt = await this.sender.ask(next);
      if (receipt && this.conversation.pending.includes(next)) goesOn = this.#settle(next, receipt);
    }
    this.#isSending = false;
    if (!this.#isWaiting || this.conversation.pending.length) return;
    this.#isWaiting = false;
    this.sender.waits("");
  }

  clear(): void {
    clearTimeout(this.#retry);
    this.#isWaiting = false;
    this.conversation.pending = [];
    this.keep();
  }

  /** Notes for after a reload what is on its way now. */
  keep(): void {
    const { pending } = this.conversation;
    this.memory.set("pending", pending.length ? JSON.stringify(pending) : "");
    this.sender.changed();
  }

  /** What a receipt means for a question; returns whether the next one may be sent. */
  #settle(question: Question, { ok, error, text }: Receipt): boolean {
    if (ok || NOT_TAKEN.has(error ?? "")) {
      this.conversation.takeBack(question);
      this.keep();
      if (!ok) this.sender.refused(question, text ?? "");
      return true;
    }
    if (error === "gone") {
      this.sender.gone(); // and is asked in the next conversation
    } else {
      this.#isWaiting = true;
      this.#retry = setTimeout(() => void this.flush(), RETRY_MILLISECONDS);
      this.sender.waits(text ?? "");
    }
    return false;
  }
}

/** An id that is unique for this visitor; `randomUUID` is missing on pages without https. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}
