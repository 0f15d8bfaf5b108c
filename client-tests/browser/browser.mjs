// Chromium, and what must hold for every page that it shows.
import assert from "node:assert/strict";

import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 390, height: 844 };
const NARROWEST = { width: 320, height: 640 };

export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

/**
 * A tab whose console and requests are watched. `expected` are statuses of responses that a test causes on purpose.
 * Without `scripts`, those of the pages are empty; axe, which is a script itself, does not work if scripts are disabled.
 */
export async function open(browser, emulator, { expected = [], scripts = true, ...options } = {}) {
  const context = await browser.newContext({ viewport: WIDE, ...options });
  context.setDefaultTimeout(15_000);
  if (!scripts) await context.route(/\.js$/, (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    const text = message.text();
    const isExpected = expected.some((status) => text.includes(`status of ${status}`));
    if (["error", "warning"].includes(message.type()) && !isExpected) faults.push(`console: ${text}`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${emulator.address}/`)) faults.push(`request: ${request.url()}`);
  });
  return { page, context, faults };
}

/** Goes to an address, which must answer 200. */
export async function visit(page, address) {
  const response = await page.goto(address);
  assert.equal(response.status(), 200, address);
}

/** Opens everything that can be opened, so that it is checked as well. */
export async function unfold(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
}

/** Checks the page with axe. */
export async function checkAccessibility(page, where) {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).withTags(TAGS).analyze();
  const found = violations.map(({ id, help, nodes }) => {
    const shown = nodes.slice(0, 3).map((node) => `${node.html.slice(0, 200)}\n    ${node.failureSummary}`);
    return `${id}: ${help} (${nodes.length})\n  ${shown.join("\n  ")}`;
  });
  assert.deepEqual(found, [], where);
}

/** Checks that the page need not be scrolled sideways at 320 pixels. */
export async function checkWidth(page, where) {
  await page.setViewportSize(NARROWEST);
  const [width, widest] = await page.evaluate(() => {
    const right = (element) => element.getBoundingClientRect().right;
    const isScrolled = (element) => element.closest(".scroll, nav, pre, .skip") !== null;
    const all = [...document.querySelectorAll("body *")].filter((element) => !isScrolled(element));
    const widest = all.reduce((one, other) => (right(other) > right(one) ? other : one), document.body);
    return [document.documentElement.scrollWidth, widest.outerHTML.slice(0, 200)];
  });
  assert.ok(width <= NARROWEST.width, `${where} is ${width} pixels wide: ${widest}`);
}

const STOPS = 60;

/** Checks that the Tab key goes through the page in its order, beginning with the link to the content. */
export async function checkTabOrder(page, where) {
  await page.setViewportSize(WIDE);
  await page.evaluate(() => {
    document.activeElement?.blur();
    scrollTo(0, 0);
    const can = "a[href], button, input, select, textarea, summary, [tabindex]";
    const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
    const stops = [...document.querySelectorAll(can)].filter((element) => {
      return element.tabIndex >= 0 && !element.disabled && element.type !== "hidden" && isShown(element);
    });
    // The buttons of a group of radio buttons are one stop.
    window.stops = stops.filter((element) => element.type !== "radio" || element.checked);
  });
  const expected = await page.evaluate(() => window.stops.length);
  assert.ok(expected > 5, where);
  let before = -1;
  for (let number = 0; number < Math.min(expected, STOPS); number += 1) {
    await page.keyboard.press("Tab");
    const [position, name, isVisible] = await page.evaluate(() => {
      const element = document.activeElement;
      const box = element.getBoundingClientRect();
      const isVisible = box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight;
      return [window.stops.indexOf(element), element.outerHTML.slice(0, 120), isVisible];
    });
    if (number === 0) assert.ok(name.includes("Skip to content"), `${where}: the first stop is ${name}`);
    // A scrolling region without tabindex may be a stop of its own.
    if (position === -1) continue;
    assert.equal(position, before + 1, `${where}: stop ${number} is ${name}`);
    assert.ok(isVisible, `${where}: ${name} has the focus and is not visible`);
    before = position;
  }
}

/** What axe, the width and the order of the Tab key must show. */
export async function checkPage(page, where, combinations) {
  await unfold(page);
  for (const [colorScheme, viewport] of combinations) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await checkAccessibility(page, `${where}, ${colorScheme}, ${viewport.width} pixels`);
  }
  await checkWidth(page, where);
  await checkTabOrder(page, where);
}
