/** What a browser keeps between pages; without a place to keep it, only as long as the page lives. */
export class Memory {
  readonly #fallback = new Map<string, string>();

  constructor(private readonly place: () => Storage) {}

  get(name: string): string | null {
    try {
      return this.place().getItem(`botwijzer:${name}`);
    } catch {
      return this.#fallback.get(name) ?? null;
    }
  }

  /** Keeps a value; an empty one is forgotten. */
  set(name: string, value: string): void {
    try {
      if (value) this.place().setItem(`botwijzer:${name}`, value);
      else this.place().removeItem(`botwijzer:${name}`);
    } catch {
      this.#fallback.set(name, value);
    }
  }
}

/** For as long as the browser keeps it: the token of the conversation. */
export const longTerm = new Memory(() => localStorage);
/** Until the tab is closed: what is typed and not yet sent. */
export const shortTerm = new Memory(() => sessionStorage);
