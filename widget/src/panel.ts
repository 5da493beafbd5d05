/** `<bot-wijzer-panel>`: the chat itself, loaded on first opening. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Connection, type Session } from "./connection";
import { Conversation, readPending, type Message, type Question } from "./conversation";
import { drawMessage, drawTyped, type Acts } from "./drawing";
import { LABELS, type Labels } from "./labels";
import { longTerm, shortTerm } from "./memory";
import { PANEL_STYLE } from "./panel-style";

const SMALL_SCREEN = "(max-width: 480px), (max-height: 480px)";
const MOST_CHARACTERS = 2000;
const HANDOFF = "/handoff";

export class BotWijzerPanel extends LitElement {
  static override styles = PANEL_STYLE;
  static override properties = {
    labels: { attribute: false },
    greeting: { attribute: false },
    online: { state: true },
    working: { state: true },
    notice: { state: true },
    erasing: { state: true },
    version: { state: true },
  };

  base = new URL(location.href);
  labels: Labels = LABELS;
  greeting = "";
  isOpen = false;
  private online = true;
  private working = false;
  private notice = "";
  private erasing = false;
  private version = 0;
  #connection?: Connection;
  #flushing = false;
  #scrollTo: "turn" | "end" | "" = "";
  readonly #conversation = new Conversation();
  readonly #screen = matchMedia(SMALL_SCREEN);

  override connectedCallback(): void {
    super.connectedCallback();
    this.#conversation.pending = readPending(shortTerm.get("pending"));
    const identity = () => ({ token: longTerm.get("token"), last: this.#conversation.last });
    this.#connection ??= new Connection(this.base, identity, {
      session: (session) => this.#begin(session),
      message: (message) => this.#take([message]),
      working: (on) => (this.working = on),
      erased: () => this.#startOver(this.labels.erased),
      offline: () => [this.online, this.working] = [false, false],
    });
    window.visualViewport?.addEventListener("resize", this.#fit);
    window.visualViewport?.addEventListener("scroll", this.#fit);
    this.#screen.addEventListener("change", this.#reopen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.visualViewport?.removeEventListener("resize", this.#fit);
    window.visualViewport?.removeEventListener("scroll", this.#fit);
    this.#screen.removeEventListener("change", this.#reopen);
  }

  async open(): Promise<void> {
    await this.updateComplete;
    this.isOpen = true;
    this.#show();
    this.#seen();
    this.#scrollTo = "turn";
    this.requestUpdate();
    this.#input.focus();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#dialog.close();
    this.dispatchEvent(new Event("closed"));
  }

  override render(): TemplateResult {
    const { labels } = this;
    const { messages, pending, current } = this.#conversation;
    const acts: Acts = { ask: this.#press, rate: this.#rate };
    return html`<div class="wrapper">
      <dialog role="dialog" aria-label=${labels.dialog} @keydown=${this.#key} @cancel=${this.#cancel}>
        <div class="bar">
          <h2>${labels.title}</h2>
          <button type="button" aria-label=${labels.close} @click=${this.close}>✕</button>
        </div>
        <div class="log" role="log" aria-label=${labels.conversation} tabindex="0">
          ${this.greeting ? html`<div class="message bot"><p>${this.greeting}</p></div>` : nothing}
          ${messages.map((message) => drawMessage(message, current.has(message.id), labels, acts))}
          ${pending.map(
            (question) => html`<div class="message visitor pending">
              ${drawTyped(question.text)}
              <small>${labels.pending}</small>
            </div>`,
          )}
          ${this.working ? html`<div class="working" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing}
        </div>
        <p class="notice" role="status">${this.online ? this.notice : labels.offline}</p>
        <form @submit=${this.#submit}>
          <label class="hidden" for="question">${labels.question}</label>
          <textarea
            id="question"
            rows="1"
            maxlength=${MOST_CHARACTERS}
            enterkeyhint="send"
            autocomplete="off"
            placeholder=${labels.question}
            @input=${this.#keepDraft}
            @keydown=${this.#enter}
          ></textarea>
          <button type="submit">${labels.send}</button>
        </form>
        ${this.erasing ? this.#eraseQuestion() : this.#tools()}
      </dialog>
    </div>`;
  }

  protected override firstUpdated(): void {
    this.#input.value = shortTerm.get("draft") ?? "";
  }

  protected override updated(_: PropertyValues): void {
    if (!this.isOpen || !this.#scrollTo) return;
    const log = this.#log;
    const turn = [...log.querySelectorAll<HTMLElement>(".visitor")].at(-1);
    log.scrollTop = this.#scrollTo === "turn" && turn ? turn.offsetTop - 12 : log.scrollHeight;
    if (!turn && this.#scrollTo === "turn") log.scrollTop = 0;
    this.#scrollTo = "";
  }

  get #dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector("dialog")!;
  }

  get #log(): HTMLElement {
    return this.renderRoot.querySelector(".log")!;
  }

  get #input(): HTMLTextAreaElement {
    return this.renderRoot.querySelector("textarea")!;
  }

  #tools(): TemplateResult {
    const { labels } = this;
    return html`<div class="tools">
      <button type="button" @click=${() => this.#press({ title: labels.human, payload: HANDOFF })}>${labels.human}</button>
      <button type="button" @click=${() => this.#restart()}>${labels.restart}</button>
      <button type="button" @click=${() => this.#askToErase(true)}>${labels.erase}</button>
    </div>`;
  }

  #eraseQuestion(): TemplateResult {
    const { labels } = this;
    return html`<div class="tools" role="group" aria-label=${labels.eraseSure}>
      <span>${labels.eraseSure}</span>
      <button type="button" @click=${this.#erase}>${labels.eraseYes}</button>
      <button type="button" @click=${() => this.#askToErase(false)}>${labels.eraseNo}</button>
    </div>`;
  }

  /** On a small screen the chat takes all of it, and the page beneath can't be reached. */
  #show(): void {
    const dialog = this.#dialog;
    dialog.classList.toggle("whole", this.#screen.matches);
    dialog.classList.toggle("left", Boolean(this.closest(".left")));
    if (this.#screen.matches) dialog.showModal();
    else dialog.show();
    this.#fit();
  }

  readonly #reopen = (): void => {
    if (!this.isOpen) return;
    const focused = (this.renderRoot as ShadowRoot).activeElement;
    this.#dialog.close();
    this.#show();
    if (focused instanceof HTMLElement) focused.focus();
  };

  /** Keeps the chat above an on-screen keyboard. */
  readonly #fit = (): void => {
    const viewport = window.visualViewport;
    if (!this.isOpen || !viewport || viewport.scale > 1.01) return;
    this.#dialog.style.setProperty("--height", `${viewport.height}px`);
    this.#dialog.style.setProperty("--top", `${viewport.offsetTop}px`);
  };

  #begin(session: Session): void {
    if (session.token !== longTerm.get("token")) this.#conversation.messages = [];
    longTerm.set("token", session.token);
    this.online = true;
    this.#take(session.messages);
    void this.#flush();
  }

  #take(messages: Message[]): void {
    const fresh = this.#conversation.add(messages);
    shortTerm.set("pending", this.#keptPending());
    if (fresh.length) this.#scrollTo = fresh.every((message) => message.author === "staff") ? "end" : "turn";
    if (this.isOpen) this.#seen();
    else this.#tellUnread();
    this.version++;
  }

  #seen(): void {
    longTerm.set("seen", String(this.#conversation.last));
    this.#tellUnread();
  }

  #tellUnread(): void {
    const count = this.#conversation.unread(Number(longTerm.get("seen")));
    this.dispatchEvent(new CustomEvent("unread", { detail: count }));
  }

  #ask(text: string, payload?: string): void {
    this.#conversation.ask({ id: newId(), text, ...(payload ? { payload } : {}) });
    shortTerm.set("pending", this.#keptPending());
    this.notice = "";
    this.#scrollTo = "end";
    this.version++;
    void this.#flush();
  }

  /** Sends what is waiting, in its order; what is not acknowledged stays and is sent again when the line is back. */
  async #flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      for (let next = this.#conversation.pending[0]; next && this.#connection?.online; ) {
        const receipt = await this.#connection.ask(next);
        if (receipt && !receipt.ok) this.#takeBack(next, receipt.text ?? "");
        else if (receipt) this.#conversation.takeBack(next);
        shortTerm.set("pending", this.#keptPending());
        this.version++;
        next = this.#conversation.pending[0];
      }
    } finally {
      this.#flushing = false;
    }
  }

  #takeBack(question: Question, why: string): void {
    this.#conversation.takeBack(question);
    this.notice = why;
    if (!question.payload && !this.#input.value) this.#input.value = question.text;
    this.#keepDraft();
  }

  #keptPending(): string {
    return this.#conversation.pending.length ? JSON.stringify(this.#conversation.pending) : "";
  }

  readonly #press = (button: { title: string; payload: string }): void => {
    this.#ask(button.title, button.payload);
    this.#log.focus(); // the button that had it is going
  };

  readonly #rate = async (message: Message, useful: boolean): Promise<void> => {
    const receipt = await this.#connection?.rate(message.id, useful);
    if (receipt?.ok) this.#conversation.rate(message.id, useful);
    this.notice = receipt?.ok ? this.labels.thanks : "";
    this.version++;
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const text = this.#input.value.trim();
    this.#input.focus();
    if (!text) return;
    this.#input.value = "";
    this.#keepDraft();
    this.#ask(text);
  };

  readonly #keepDraft = (): void => shortTerm.set("draft", this.#input.value);

  readonly #enter = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submit(event);
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    event.preventDefault();
    this.close();
  };

  readonly #cancel = (event: Event): void => {
    event.preventDefault();
    this.close();
  };

  #restart(): void {
    this.#startOver("");
    this.#input.focus();
  }

  #askToErase(on: boolean): void {
    this.erasing = on;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".tools button:last-child")?.focus());
  }

  readonly #erase = async (): Promise<void> => {
    const receipt = await this.#connection?.erase();
    if (receipt?.ok) this.#startOver(this.labels.erased);
    else this.notice = receipt?.text ?? this.labels.eraseFailed;
    this.erasing = false;
    this.#input.focus();
  };

  /** A conversation from its beginning, with nothing kept here of the one before. */
  #startOver(notice: string): void {
    this.#conversation.clear();
    for (const name of ["token", "seen"]) longTerm.set(name, "");
    for (const name of ["pending", "draft"]) shortTerm.set(name, "");
    this.#input.value = "";
    this.notice = notice;
    this.erasing = false;
    this.working = false;
    this.#connection?.again();
    this.version++;
  }
}

/** An id that is unique for this visitor; `randomUUID` is missing on pages without https. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

customElements.define("bot-wijzer-panel", BotWijzerPanel);
