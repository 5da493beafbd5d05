// A conversation in Firefox: node tests/firefox.mjs <page> <firefox> prints what was seen as JSON.
import { readFile } from "node:fs/promises";
import puppeteer from "puppeteer-core";

const [page_, executablePath] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
try {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (said) => said.type() === "error" && errors.push(said.text()));
  page.setDefaultTimeout(60_000);
  const see = (selector) => page.waitForSelector(`bot-wijzer >>> ${selector}`, { visible: true });
  await page.goto(page_);
  await (await see(".launcher")).click();
  const question = await see("textarea");
  await see(".choices");
  const focused = await question.evaluate((element) => element.getRootNode().activeElement === element);
  await page.keyboard.type("Is zwemmen goed voor je botten?");
  await page.keyboard.press("Enter");
  const sources = await see("summary");
  await sources.click();
  const text = await sources.evaluate((element) => element.closest(".message").innerText);
  await page.evaluate(await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  await page.keyboard.press("Escape");
  await see(".launcher:not([hidden])");
  const back = await page.evaluate(() => document.querySelector("bot-wijzer").shadowRoot.activeElement?.className);
  const version = await browser.version();
  console.log(JSON.stringify({ version, focused, text, back, errors, violations: violations.map((each) => each.id) }));
} finally {
  await browser.close();
}
