/** The line to the server: one Socket.IO connection that comes back by itself. */
import { io, type Socket } from "socket.io-client";
import type { Message, Question } from "./conversation";

const ACK_MILLISECONDS = 10_000;
const AGAIN_MILLISECONDS = 3_000;

export interface Session {
  token: string;
  messages: Message[];
}

/** What the server says to a question; without an answer in time it is `undefined`. */
export interface Receipt {
  ok: boolean;
  error?: string;
  text?: string;
}

/** What the panel wants to hear. */
export interface Listener {
  session(session: Session): void;
  message(message: Message): void;
  working(on: boolean): void;
  erased(): void;
  offline(): void;
}

/** Who this visitor is, asked anew at each connection: the token from before and the last message seen. */
export type Identity = () => { token: string | null; last: number };

export class Connection {
  readonly #socket: Socket;

  /** @param base address of the channel, for example https://host/webhooks/web/ */
  constructor(base: URL, identity: Identity, listener: Listener) {
    this.#socket = io(base.origin, {
      path: new URL("socket", base).pathname,
      auth: (give) => give(identity()),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
    });
    this.#socket
      .on("session", (session: Session) => listener.session(session))
      .on("message", (message: Message) => listener.message(message))
      .on("working", (state: { on: boolean }) => listener.working(state.on))
      .on("erased", () => listener.erased())
      .on("connect_error", () => {
        listener.offline();
        if (!this.#socket.active) setTimeout(() => this.#socket.connect(), AGAIN_MILLISECONDS); // the server had to refuse
      })
      .on("disconnect", (reason) => {
        listener.offline();
        if (reason === "io server disconnect") this.#socket.connect();
      });
  }

  get online(): boolean {
    return this.#socket.connected;
  }

  ask(question: Question): Promise<Receipt | undefined> {
    return this.#say("ask", question);
  }

  rate(id: number, useful: boolean): Promise<Receipt | undefined> {
    return this.#say("feedback", { id, useful });
  }

  erase(): Promise<Receipt | undefined> {
    return this.#say("erase", {});
  }

  /** Begins anew as whom `identity` names by now. */
  again(): void {
    this.#socket.disconnect().connect();
  }

  async #say(event: string, data: object): Promise<Receipt | undefined> {
    if (!this.online) return undefined;
    try {
      return (await this.#socket.timeout(ACK_MILLISECONDS).emitWithAck(event, data)) as Receipt;
    } catch {
      return undefined;
    }
  }
}
