import { describe, expect, it } from "vitest";
import { LABELS, labelsWith } from "../src/labels";

describe("labelsWith", () => {
  it("puts a page's own words in place of ours", () => {
    expect(labelsWith('{"send": "Stuur op"}')).toEqual({ ...LABELS, send: "Stuur op" });
  });

  it.each([null, "", "nee", "3", "null", '{"send": 3, "other": "x"}'])("keeps ours for %j", (given) => {
    expect(labelsWith(given)).toEqual(LABELS);
  });
});
