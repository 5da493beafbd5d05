const PREFIX = "botwijzer:";

/** What a browser keeps between pages; without a place to keep it, only as long as the page lives. */
export class Memory {
  /** What the browser could not keep; it counts before what was kept earlier. */
  readonly #fallback = new Map<string, string>();

  constructor(private readonly place: () => Storage) {}

  get(name: string): string | null {
    const unkept = this.#fallback.get(name);
    if (unkept !== undefined) return unkept || null;
    try {
      return this.place().getItem(PREFIX + name);
    } catch {
      return null;
    }
  }

  /** Keeps a value; an empty one is forgotten. */
  set(name: string, value: string): void {
    try {
      if (value) this.place().setItem(PREFIX + name, value);
      else this.place().removeItem(PREFIX + name);
      this.#fallback.delete(name);
    } catch {
      this.#fallback.set(name, value);
    }
  }
}

/** The name of the value that another tab has changed; empty when it is none of ours. */
export function changedName(event: StorageEvent): string {
  return event.key?.startsWith(PREFIX) ? event.key.slice(PREFIX.length) : "";
}

/** For as long as the browser keeps it: the token of the conversation. */
export const longTerm = new Memory(() => localStorage);
/** Until the tab is closed: what is typed and not yet sent. */
export const shortTerm = new Memory(() => sessionStorage);
