/** The conversation as it is known here: what the server has kept, and what is still on its way to it. */

export interface Button {
  title: string;
  payload: string;
}

export interface Link {
  title: string;
  url: string;
}

export interface TextBody {
  kind: "text";
  text: string;
  buttons?: Button[];
}

export interface AnswerBody {
  kind: "answer";
  passages: { id: string; lines: string[] }[];
  disclaimer: string;
  sources: Link[];
  sources_note: string;
  article: Link;
  buttons?: Button[];
}

export interface Message {
  id: number;
  author: "visitor" | "bot" | "staff";
  body: TextBody | AnswerBody;
  client_id?: string;
  useful?: boolean;
}

/** A question under the id that this browser gave it; sent again until the server has it. */
export interface Question {
  id: string;
  text: string;
  payload?: string;
}

export class Conversation {
  messages: readonly Message[] = [];
  /** Whether the server has messages before these. */
  hasEarlier = false;
  pending: readonly Question[] = [];

  /** Id of the newest message; 0 when there is none. */
  get last(): number {
    return this.messages.at(-1)?.id ?? 0;
  }

  /** Takes messages in, each once and in the order of their ids; returns those that are new. */
  add(incoming: readonly Message[]): Message[] {
    const known = new Set(this.messages.map((message) => message.id));
    const fresh = incoming.filter((message) => !known.has(message.id));
    this.messages = [...this.messages, ...fresh].sort((one, other) => one.id - other.id);
    const arrived = new Set(fresh.map((message) => message.client_id));
    this.pending = this.pending.filter((question) => !arrived.has(question.id));
    return fresh;
  }

  /** Takes a page in; what is here already goes when messages are missing between the two. */
  resume(page: { messages: readonly Message[]; earlier: boolean }): Message[] {
    if (page.earlier) this.messages = [];
    this.hasEarlier = page.earlier || (this.hasEarlier && this.messages.length > 0);
    return this.add(page.messages);
  }

  /** Puts the page before these messages in front of them. */
  extend(page: { messages: readonly Message[]; earlier: boolean }): void {
    this.add(page.messages);
    this.hasEarlier = page.earlier;
  }

  /** Forgets all that was said; what is on its way stays. */
  clear(): void {
    [this.messages, this.hasEarlier] = [[], false];
  }

  /** Puts a question on its way. */
  ask(question: Question): void {
    this.pending = [...this.pending, question];
  }

  /** Takes a question back that the server does not want. */
  takeBack(question: Question): void {
    this.pending = this.pending.filter((other) => other.id !== question.id);
  }

  /** Notes what was pressed at 'Was dit nuttig?'. */
  rate(id: number, useful: boolean): void {
    this.messages = this.messages.map((message) => (message.id === id ? { ...message, useful } : message));
  }

  /** How many messages after `seen` are news: neither the visitor's own nor the words that it opens with. */
  unread(seen: number): number {
    const begun = this.messages.findIndex((message) => message.author !== "bot");
    if (begun < 0) return 0;
    return this.messages.slice(begun).filter((message) => message.id > seen && message.author !== "visitor").length;
  }

  /** The messages whose buttons are of use now: those after the last question. */
  get current(): ReadonlySet<number> {
    const asked = this.messages.filter((message) => message.author === "visitor").at(-1)?.id ?? 0;
    return new Set(this.messages.filter((message) => message.id > asked).map((message) => message.id));
  }
}

/** Questions kept from before a reload; anything else is none. */
export function readPending(kept: string | null): Question[] {
  try {
    const found: unknown = JSON.parse(kept ?? "[]");
    return Array.isArray(found) ? found.filter((q) => typeof q?.id === "string" && typeof q?.text === "string") : [];
  } catch {
    return [];
  }
}
