/** `<bot-wijzer>`: the button on the page. It loads the chat itself only when somebody opens it. */
import { labelsWith, type Labels } from "./labels";
import { shortTerm } from "./memory";
import type { BotWijzerPanel } from "./panel";
import { LAUNCHER_STYLE } from "./launcher-style";

declare const PANEL: string;

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const OPTIONS = ["position", "greeting", "labels", "server"] as const;

export class BotWijzer extends HTMLElement {
  static observedAttributes = [...OPTIONS];

  readonly #wrapper = make("section", "wrapper");
  readonly #button = make("button", "launcher");
  readonly #badge = make("span", "badge");
  readonly #status = make("span", "status");
  #loading?: Promise<BotWijzerPanel>;
  #unread = 0;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    dress(root);
    this.#wrapper.lang = "nl";
    this.#button.type = "button";
    this.#button.setAttribute("aria-haspopup", "dialog");
    this.#button.addEventListener("click", () => void this.open());
    this.#button.append(bubble(), this.#badge);
    this.#badge.setAttribute("aria-hidden", "true");
    this.#badge.hidden = true;
    this.#status.setAttribute("role", "status");
    this.#wrapper.append(this.#button, this.#status);
    root.append(this.#wrapper);
  }

  connectedCallback(): void {
    this.#draw();
    if (shortTerm.get("used")) void this.#panel().catch(() => undefined); // a human may answer while it is closed
  }

  attributeChangedCallback(): void {
    this.#draw();
  }

  /** Opens the chat; the focus goes into it. */
  async open(): Promise<void> {
    try {
      const panel = await this.#panel();
      if (panel.isOpen) return;
      panel.open();
      this.#button.hidden = true;
      this.#status.textContent = "";
      shortTerm.set("used", "1");
      this.#tell("botwijzer-open");
    } catch {
      this.#status.textContent = this.#labels.notLoaded;
    }
  }

  /** Closes the chat; the focus goes back to the button. */
  async close(): Promise<void> {
    const panel = await this.#loading?.catch(() => undefined);
    panel?.close();
  }

  /** Opens the chat when it is closed, and the other way round. */
  async toggle(): Promise<void> {
    const panel = await this.#loading?.catch(() => undefined);
    await (panel?.isOpen ? this.close() : this.open());
  }

  get #labels(): Labels {
    return labelsWith(this.#option("labels"));
  }

  /** An option as an attribute of the element, or as `data-…` of the script tag. */
  #option(name: (typeof OPTIONS)[number]): string | null {
    return this.getAttribute(name) ?? script?.dataset[name] ?? null;
  }

  #draw(): void {
    const labels = this.#labels;
    const count = this.#unread === 1 ? labels.oneNew : labels.manyNew.replace("{count}", String(this.#unread));
    this.#wrapper.setAttribute("aria-label", labels.region);
    this.#wrapper.classList.toggle("left", this.#option("position") === "left");
    this.#button.setAttribute("aria-label", this.#unread ? `${labels.open}, ${count}` : labels.open);
    this.#badge.textContent = String(this.#unread);
    this.#badge.hidden = !this.#unread;
    if (this.#unread) this.#status.textContent = count;
  }

  #panel(): Promise<BotWijzerPanel> {
    return (this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined; // to be tried again
      throw error;
    }));
  }

  async #load(): Promise<BotWijzerPanel> {
    const base = new URL(this.#option("server") ?? ".", script?.src ?? location.href);
    await import(new URL(`assets/${PANEL}`, base).href);
    const panel = document.createElement("bot-wijzer-panel") as BotWijzerPanel;
    panel.base = base;
    panel.labels = this.#labels;
    panel.greeting = this.#option("greeting") ?? "";
    panel.addEventListener("closed", () => {
      this.#button.hidden = false;
      this.#button.focus();
      this.#tell("botwijzer-close");
    });
    panel.addEventListener("unread", (event) => {
      const count = (event as CustomEvent<number>).detail;
      if (count > this.#unread) this.#tell("botwijzer-message");
      if (this.#unread && !count) this.#status.textContent = ""; // not what else stands there: a chat that did not open
      this.#unread = count;
      this.#draw();
    });
    this.#wrapper.append(panel);
    await panel.updateComplete;
    return panel;
  }

  #tell(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }
}

/** Gives the button its looks; a browser that is too old for sheets without an element gets one with it. */
function dress(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LAUNCHER_STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(Object.assign(document.createElement("style"), { textContent: LAUNCHER_STYLE }));
  }
}

function make<Name extends keyof HTMLElementTagNameMap>(name: Name, style: string): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = style;
  return made;
}

function bubble(): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z");
  svg.append(path);
  return svg;
}

if (!customElements.get("bot-wijzer")) {
  customElements.define("bot-wijzer", BotWijzer);
  const place = () => document.querySelector("bot-wijzer") ?? document.body.append(document.createElement("bot-wijzer"));
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place);
  else place();
}
