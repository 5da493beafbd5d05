import { describe, expect, it } from "vitest";
import { LABELS, labelsWith } from "../src/labels";
import { Memory } from "../src/memory";

describe("labelsWith", () => {
  it("puts a page's own words in place of ours", () => {
    expect(labelsWith('{"send": "Stuur op"}')).toEqual({ ...LABELS, send: "Stuur op" });
  });

  it.each([null, "", "nee", "3", "null", '{"send": 3, "other": "x"}'])("keeps ours for %j", (given) => {
    expect(labelsWith(given)).toEqual(LABELS);
  });
});

describe("Memory", () => {
  it("keeps values for as long as the page lives when the browser allows no more", () => {
    const memory = new Memory(() => {
      throw new DOMException("denied", "SecurityError");
    });
    memory.set("token", "abc");
    expect([memory.get("token"), memory.get("other")]).toEqual(["abc", null]);
  });
});
