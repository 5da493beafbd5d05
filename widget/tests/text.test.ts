import { describe, expect, it } from "vitest";
import { asText, blocks, pieces, safe } from "../src/text";

const plain = (text: string) => [{ text }];

describe("blocks", () => {
  it("makes lines with a dash a list, and a blank line the end of a paragraph", () => {
    expect(blocks("een\ntwee\n- a\n- b\n\ndrie")).toEqual([
      { kind: "paragraph", lines: [plain("een"), plain("twee")] },
      { kind: "list", items: [plain("a"), plain("b")] },
      { kind: "paragraph", lines: [plain("drie")] },
    ]);
  });

  it("finds nothing in an empty text", () => expect(blocks(" \n\n")).toEqual([]));

  it("leaves markup what it is: text", () => {
    expect(blocks("<img src=x onerror=alert(1)>")).toEqual([
      { kind: "paragraph", lines: [plain("<img src=x onerror=alert(1)>")] },
    ]);
  });
});

describe("pieces", () => {
  it("finds addresses, without the punctuation after them", () => {
    expect(pieces("Kijk op https://a.nl/b?c=1. Of mail info@a.nl!")).toEqual([
      { text: "Kijk op " },
      { text: "https://a.nl/b?c=1", url: "https://a.nl/b?c=1" },
      { text: ". Of mail " },
      { text: "info@a.nl", url: "mailto:info@a.nl" },
      { text: "!" },
    ]);
  });

  it("makes no link of anything that is no web address", () => {
    expect(pieces("javascript:alert(1) data:text/html,x")).toEqual(plain("javascript:alert(1) data:text/html,x"));
  });
});

describe("asText", () => {
  it("joins sentences, and keeps list items apart", () => {
    expect(asText(["Een.", "Twee.", "- a", "- b", "Drie."])).toBe("Een. Twee.\n- a\n- b\nDrie.");
  });

  it("is empty without lines", () => expect(asText([])).toBe(""));
});

describe("safe", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", " https://a.nl", "//a.nl", ""])("refuses %j", (url) => {
    expect(safe(url)).toBeUndefined();
  });

  it("lets web addresses pass", () => expect(safe("https://a.nl")).toBe("https://a.nl"));
});
