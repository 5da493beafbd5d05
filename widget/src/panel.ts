/** `<bot-wijzer-panel>`: the chat itself, loaded on first opening. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Connection, isErased, type Session } from "./connection";
import { Conversation, type Message, type Question } from "./conversation";
import { drawMessage, drawPending, skipSecondTap, type Acts } from "./drawing";
import { History } from "./history";
import { LABELS, type Labels } from "./labels";
import { changedName, longTerm, shortTerm } from "./memory";
import { newId, Outbox } from "./outbox";
import { PANEL_STYLE } from "./panel-style";

const SMALL_SCREEN = "(max-width: 480px), (max-height: 480px)";
const TOUCH = "(pointer: coarse)";
const MOST_CHARACTERS = 2000;
const OTHER_TAB_MILLISECONDS = 1_500;
const HANDOFF = "/handoff";

export class BotWijzerPanel extends LitElement {
  static override styles = PANEL_STYLE;
  static override properties = {
    labels: { attribute: false },
    greeting: { attribute: false },
    online: { state: true },
    absence: { state: true },
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
  private absence: "offline" | "busy" = "offline";
  private working = false;
  private notice = "";
  private erasing = false;
  private version = 0;
  #connection?: Connection;
  /** The token of the conversation that stands here, whatever other tabs have kept since; null between two. */
  #token = longTerm.get("token");
  #erasingNow = false;
  #scrollTo: "turn" | "end" | "" = "";
  readonly #conversation = new Conversation();
  readonly #outbox = new Outbox(this.#conversation, shortTerm, {
    isReady: () => Boolean(this.#token && this.#connection?.online),
    ask: async (question) => this.#connection?.ask(question),
    waits: (why) => (this.notice = why),
    refused: (question, why) => this.#giveBack(question, why),
    gone: () => {
      this.#forget();
      this.#connection?.open();
    },
    changed: () => this.version++,
  });
  readonly #history = new History(this.#conversation, async (before) => this.#connection?.history(before));
  readonly #screen = matchMedia(SMALL_SCREEN);

  override connectedCallback(): void {
    super.connectedCallback();
    this.#outbox.restore();
    this.#connection ??= new Connection(this.base, () => this.#identity(), {
      session: (session) => this.#begin(session),
      message: (message) => this.#token && this.#take([message]),
      working: (on) => (this.working = on && Boolean(this.#token)),
      erased: (text) => this.#token && this.#startOver(text || this.labels.erased, this.#erasingNow ? 0 : OTHER_TAB_MILLISECONDS),
      offline: (isBusy) => {
        [this.online, this.working] = [false, false];
        this.absence = isBusy ? "busy" : "offline";
      },
    });
    this.#connection.open();
    window.addEventListener("storage", this.#follow);
    window.visualViewport?.addEventListener("resize", this.#fit);
    window.visualViewport?.addEventListener("scroll", this.#fit);
    this.#screen.addEventListener("change", this.#reopen);
    this.#reopen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#connection?.close();
    window.removeEventListener("storage", this.#follow);
    window.visualViewport?.removeEventListener("resize", this.#fit);
    window.visualViewport?.removeEventListener("scroll", this.#fit);
    this.#screen.removeEventListener("change", this.#reopen);
  }

  open(): void {
    if (this.isOpen) return;
    this.#show();
    this.isOpen = true;
    this.#fit();
    this.#seen();
    this.#scrollTo = "turn";
    this.requestUpdate();
    this.#focus();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#dialog.close();
    this.dispatchEvent(new Event("closed"));
  }

  override render(): TemplateResult {
    const { labels } = this;
    const { messages, pending, current, hasEarlier } = this.#conversation;
    const acts: Acts = { ask: this.#press, rate: this.#rate };
    return html`<div class="wrapper" lang="nl">
      <dialog role="dialog" aria-label=${labels.dialog} @keydown=${this.#key} @cancel=${this.#cancel}>
        <div class="bar">
          <h2>${labels.title}</h2>
          <button type="button" aria-label=${labels.close} @click=${this.close}>✕</button>
        </div>
        <div class="log" role="log" aria-label=${labels.conversation} tabindex="0" @scroll=${() => this.#history.isWanted(this.#log) && this.#readBack()}>
          ${hasEarlier ? html`<button type="button" class="earlier" @click=${this.#readBack}>${labels.earlier}</button>` : nothing}
          ${this.greeting ? html`<div class="message bot"><p>${this.greeting}</p></div>` : nothing}
          ${messages.map((message) => drawMessage(message, current.has(message.id), labels, acts))}
          ${pending.map((question) => drawPending(question, labels))}
          ${this.working ? html`<div class="working" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing}
        </div>
        <p class="notice" role="status">${this.online ? this.notice : labels[this.absence]}</p>
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
    if (!turn && this.#scrollTo === "turn" && !this.#conversation.hasEarlier) log.scrollTop = 0;
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
    return html`<div class="tools" @click=${{ handleEvent: skipSecondTap, capture: true }}>
      <button type="button" @click=${() => this.#press({ title: labels.human, payload: HANDOFF })}>${labels.human}</button>
      <button type="button" @click=${this.#restart}>${labels.restart}</button>
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
  }

  /** To the question; on a phone to what was said, which the keyboard would cover. */
  #focus(): void {
    (this.#screen.matches && matchMedia(TOUCH).matches ? this.#log : this.#input).focus();
  }

  readonly #reopen = (): void => {
    if (!this.isOpen) return;
    const focused = (this.renderRoot as ShadowRoot).activeElement;
    this.#dialog.close();
    this.#show();
    this.#fit();
    if (focused instanceof HTMLElement) focused.focus();
  };

  /** Keeps the chat above an on-screen keyboard. */
  readonly #fit = (): void => {
    const viewport = window.visualViewport;
    if (!this.isOpen || !viewport || viewport.scale > 1.01) return;
    this.#dialog.style.setProperty("--height", `${viewport.height}px`);
    this.#dialog.style.setProperty("--top", `${viewport.offsetTop}px`);
    this.#grow();
  };

  /** Makes the box as high as its text; not every browser does so by itself. */
  #grow(): void {
    const { style } = this.#input;
    style.height = "auto";
    style.height = `${this.#input.scrollHeight + 2}px`; // and its border
  }

  /** Whose conversation it is: what another tab has kept counts, and nothing of that is here yet. */
  #identity(): { token: string | null; last: number } {
    const kept = longTerm.get("token");
    if (kept && kept !== this.#token) {
      this.#token = kept;
      this.#conversation.clear();
    }
    return { token: this.#token, last: this.#conversation.last };
  }

  /** Goes along when another tab has begun a conversation, or has shown what is new. */
  readonly #follow = (event: StorageEvent): void => {
    const kept = longTerm.get("token");
    if (changedName(event) === "seen") this.#tellUnread();
    if (changedName(event) === "token" && kept && kept !== this.#token) this.#connection?.open();
  };

  #begin(session: Session): void {
    if (session.token !== this.#token) {
      this.#conversation.clear();
      longTerm.set("seen", "");
    }
    this.#token = session.token;
    longTerm.set("token", session.token);
    [this.online, this.working] = [true, false];
    this.#arrived(this.#conversation.resume(session));
    void this.#outbox.flush();
  }

  #take(messages: Message[]): void {
    this.#arrived(this.#conversation.add(messages));
  }

  #arrived(fresh: Message[]): void {
    this.#outbox.keep();
    if (fresh.length) this.#scrollTo = fresh.every((message) => message.author === "staff") ? "end" : "turn";
    if (this.isOpen) this.#seen();
    else this.#tellUnread();
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
    if (!this.#outbox.isWaiting) this.notice = "";
    this.#scrollTo = "end";
    this.#outbox.add({ id: newId(), text, ...(payload ? { payload } : {}) });
  }

  readonly #readBack = async (): Promise<void> => {
    const isRead = await this.#history.extend(this.#log, () => (this.version++, this.updateComplete));
    if (!isRead) this.notice = this.labels.earlierFailed;
  };

  /** Puts what the server does not take back into the box, before what was typed since. */
  #giveBack(question: Question, why: string): void {
    this.notice = why || this.labels.refused;
    if (!question.payload) this.#write([question.text, this.#input.value].filter(Boolean).join("\n"));
  }

  readonly #press = (button: { title: string; payload: string }): void => {
    this.#ask(button.title, button.payload);
    this.#log.focus(); // the button that had it is going
  };

  readonly #rate = async (message: Message, useful: boolean): Promise<void> => {
    const receipt = await this.#connection?.rate(message.id, useful);
    if (receipt?.ok) this.#conversation.rate(message.id, useful);
    this.notice = receipt?.ok ? this.labels.thanks : this.labels.rateFailed;
    this.version++;
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const text = this.#input.value.trim();
    this.#input.focus();
    if (!text) return;
    this.#write("");
    this.#ask(text);
  };

  #write(text: string): void {
    this.#input.value = text;
    this.#keepDraft();
  }

  readonly #keepDraft = (): void => {
    shortTerm.set("draft", this.#input.value);
    this.#grow();
  };

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

  /** Another conversation at once; the one before is erased, for nobody could reach it any more. */
  readonly #restart = async (): Promise<void> => {
    if (!this.#token) return;
    const receipt = this.#connection?.erase(true);
    const typed = this.#input.value;
    this.#leave("");
    this.#write(typed);
    this.#focus();
    if (!isErased(await receipt)) this.notice = this.labels.oldNotErased;
    this.#connection?.open();
  };

  #askToErase(on: boolean): void {
    this.erasing = on;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".tools button:last-child")?.focus());
  }

  readonly #erase = async (): Promise<void> => {
    if (!this.erasing) return;
    this.erasing = false;
    this.#focus();
    const token = this.#token;
    this.#erasingNow = true;
    const receipt = await this.#connection?.erase();
    this.#erasingNow = false;
    if (this.#token !== token) return; // `erased` came before the receipt
    if (isErased(receipt)) this.#startOver(this.labels.erased);
    else this.notice = receipt?.text ?? this.labels.eraseFailed;
  };

  /** A conversation from its beginning; another tab, if that is to begin it, gets a moment to do so. */
  #startOver(notice: string, pauseMilliseconds = 0): void {
    this.#leave(notice);
    this.#connection?.open(longTerm.get("token") ? 0 : pauseMilliseconds);
  }

  /** Leaves the conversation with nothing kept of it here. */
  #leave(notice: string): void {
    this.#forget();
    this.#outbox.clear();
    this.#write("");
    [this.notice, this.erasing] = [notice, false];
  }

  /** Forgets whose conversation this was and what was said in it; another tab's own is left alone. */
  #forget(): void {
    if (longTerm.get("token") === this.#token) longTerm.set("token", "");
    this.#token = null;
    this.#conversation.clear();
    this.working = false;
    this.#tellUnread();
    this.version++;
  }
}

customElements.define("bot-wijzer-panel", BotWijzerPanel);
