/** Reads a conversation back: the messages before the first one here, a page at a time. */
import type { Page } from "./connection";
import type { Conversation } from "./conversation";

const NEAR_TOP_PIXELS = 40;

export class History {
  #isReading = false;

  /** @param read asks the server for the page before the message with this id */
  constructor(
    private readonly conversation: Conversation,
    private readonly read: (before: number) => Promise<Page | undefined>,
  ) {}

  /** Whether a visitor who has scrolled so far wants to see more. */
  isWanted(log: HTMLElement): boolean {
    return this.conversation.hasEarlier && !this.#isReading && log.scrollTop < NEAR_TOP_PIXELS;
  }

  /**
   * Adds one page above; what is on the screen stays where it is, and a screen reader does not read the page out.
   *
   * @param draw shows the conversation as it is now
   * @returns whether the server has answered
   */
  async extend(log: HTMLElement, draw: () => Promise<unknown>): Promise<boolean> {
    const first = this.conversation.messages[0];
    if (!first || this.#isReading) return true;
    this.#isReading = true;
    const page = await this.read(first.id);
    this.#isReading = false;
    if (!page || this.conversation.messages[0] !== first) return Boolean(page); // another conversation by now
    const fromEnd = log.scrollHeight - log.scrollTop;
    log.ariaLive = "off";
    this.conversation.extend(page);
    await draw();
    log.scrollTop = log.scrollHeight - fromEnd;
    requestAnimationFrame(() => (log.ariaLive = null));
    return true;
  }
}
