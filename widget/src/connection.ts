/** The line to the server: a Socket.IO connection that comes back by itself. */
import { io, type Socket } from "socket.io-client";
import type { Message, Question } from "./conversation";

const ACK_MILLISECONDS = 10_000;
const AGAIN_MILLISECONDS = 3_000;
const BUSY = "pace";

/** A piece of the conversation; `earlier` says that there are messages before it that are not here. */
export interface Page {
  messages: Message[];
  earlier: boolean;
}

export interface Session extends Page {
  token: string;
}

/** What the server says to a question; without an answer in time it is `undefined`. */
export interface Receipt {
  ok: boolean;
  error?: string;
  text?: string;
}

/** Whether nothing is left of a conversation, by the server's receipt. */
export function isErased(receipt: Receipt | undefined): boolean {
  return receipt !== undefined && (receipt.ok || receipt.error === "gone");
}

/** What the panel wants to hear. */
export interface Listener {
  session(session: Session): void;
  message(message: Message): void;
  working(on: boolean): void;
  /** @param text what the server says about it, if anything */
  erased(text?: string): void;
  /** @param isBusy whether the server is there and lets nobody new in for a while */
  offline(isBusy: boolean): void;
}

/** Who this visitor is, asked anew at each connection: the token from before and the last message seen. */
export type Identity = () => { token: string | null; last: number };

export class Connection {
  #socket?: Socket;
  #begun = false;
  #timer?: ReturnType<typeof setTimeout>;

  /** @param base address of the channel, for example https://host/webhooks/web/ */
  constructor(
    private readonly base: URL,
    private readonly identity: Identity,
    private readonly listener: Listener,
  ) {}

  /** Whether the server has said whose conversation this is, and hears what is asked. */
  get online(): boolean {
    return this.#begun;
  }

  /** Begins, also anew, as whom `identity` names by then; after a pause when one is given. */
  open(pauseMilliseconds = 0): void {
    this.close();
    if (pauseMilliseconds) this.#timer = setTimeout(() => this.#connect(), pauseMilliseconds);
    else this.#connect();
  }

  /** Ends it; nothing that was still on its way is heard any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#begun = false;
    this.#socket?.off();
    this.#socket?.disconnect();
  }

  ask(question: Question): Promise<Receipt | undefined> {
    return this.#say("ask", { ...question, last: this.identity().last });
  }

  /** The messages before the one with this id, as many as the server sends at once. */
  async history(before: number): Promise<Page | undefined> {
    const receipt = (await this.#say("history", { before })) as (Receipt & Page) | undefined;
    return receipt?.ok ? receipt : undefined;
  }

  rate(id: number, useful: boolean): Promise<Receipt | undefined> {
    return this.#say("feedback", { id, useful });
  }

  /** @param keepRequests what was asked of a human stays: somebody answers by mail or telephone */
  erase(keepRequests = false): Promise<Receipt | undefined> {
    return this.#say("erase", keepRequests ? { keep_requests: true } : {});
  }

  /** A socket of its own each time: the one before may still have something to say about another conversation. */
  #connect(): void {
    const { listener } = this;
    const socket = io(this.base.origin, {
      path: new URL("socket", this.base).pathname,
      auth: (give) => give(this.identity()),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      forceNew: true,
    });
    this.#socket = socket
      .on("session", (session: Session) => {
        this.#begun = true;
        listener.session(session);
      })
      .on("message", (message: Message) => listener.message(message))
      .on("working", (state: { on: boolean }) => listener.working(state.on))
      .on("erased", (said?: { text?: string }) => listener.erased(said?.text))
      .on("connect_error", (error) => {
        listener.offline(error.message === BUSY);
        if (!socket.active) this.#timer = setTimeout(() => socket.connect(), AGAIN_MILLISECONDS); // the server refused
      })
      .on("disconnect", (reason) => {
        this.#begun = false;
        listener.offline(false);
        if (reason === "io server disconnect") this.#timer = setTimeout(() => socket.connect(), AGAIN_MILLISECONDS);
      });
  }

  async #say(event: string, data: object): Promise<Receipt | undefined> {
    if (!this.#socket || !this.online) return undefined;
    try {
      return (await this.#socket.timeout(ACK_MILLISECONDS).emitWithAck(event, data)) as Receipt;
    } catch {
      return undefined;
    }
  }
}
