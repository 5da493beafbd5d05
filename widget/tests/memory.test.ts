import { describe, expect, it } from "vitest";
import { changedName, Memory } from "../src/memory";

/** What a browser keeps, which takes no more once it is full. */
function storage() {
  const kept = new Map<string, string>();
  const state = { isFull: false };
  const place = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => {
      if (state.isFull) throw new DOMException("full", "QuotaExceededError");
      kept.set(name, value);
    },
    removeItem: (name: string) => kept.delete(name),
  };
  return { kept, state, place: () => place as unknown as Storage };
}

describe("Memory", () => {
  it("keeps values in the browser, and forgets empty ones", () => {
    const { kept, place } = storage();
    const memory = new Memory(place);
    memory.set("token", "abc");
    expect([memory.get("token"), memory.get("other")]).toEqual(["abc", null]);
    memory.set("token", "");
    expect([memory.get("token"), kept.size]).toEqual([null, 0]);
  });

  it("keeps values for as long as the page lives when the browser allows no more", () => {
    const memory = new Memory(() => {
      throw new DOMException("denied", "SecurityError");
    });
    memory.set("token", "abc");
    expect([memory.get("token"), memory.get("other")]).toEqual(["abc", null]);
    memory.set("token", "");
    expect(memory.get("token")).toBeNull();
  });

  it("knows the newest value of a browser that is full, and of one that has room again", () => {
    const { kept, state, place } = storage();
    const memory = new Memory(place);
    memory.set("seen", "1");
    state.isFull = true;
    memory.set("seen", "2");
    expect(memory.get("seen")).toBe("2");
    state.isFull = false;
    memory.set("seen", "3");
    expect([memory.get("seen"), kept.get("botwijzer:seen")]).toEqual(["3", "3"]);
    kept.set("botwijzer:seen", "4"); // by another tab
    expect(memory.get("seen")).toBe("4");
  });
});

describe("changedName", () => {
  it.each([
    ["botwijzer:token", "token"],
    ["token", ""],
    [null, ""],
  ])("of %j is %j", (key, name) => expect(changedName({ key } as StorageEvent)).toBe(name));
});
