// Walks every page that the navigation names, and one of each kind of page that these link to.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { NARROW, WIDE, checkPage, launch, open, visit } from "./browser.mjs";
import { start } from "./emulator.mjs";

/** The addresses of the pages: those of the navigation, and the first of each other kind that they link to. */
async function pagesOf(page, emulator, account) {
  await visit(page, emulator.page(account));
  const hrefs = (selector) => page.$$eval(selector, (links) => links.map((link) => link.href));
  const path = (address) => new URL(address).pathname;
  const found = await hrefs("nav[aria-label=Main] a");
  const known = new Set(found.map(path));
  const own = path(emulator.page(account));
  for (const address of [...found]) {
    await visit(page, address);
    for (const link of await hrefs("main a")) {
      if (!path(link).startsWith(own) || known.has(path(link)) || link.includes("#")) continue;
      known.add(path(link));
      found.push(link);
    }
  }
  // The views of a page are pages, too.
  for (const address of found.filter((address) => path(address) !== own)) {
    await visit(page, address);
    const views = (await hrefs("main nav:not([aria-label=Pages]) a")).filter((view) => path(view) === path(address));
    found.push(...views.filter((view) => !found.includes(view)));
  }
  return found;
}

/** Tests all pages of a scenario as an account sees them. */
export function walk(scenario, account) {
  let browser;
  let emulator;
  let pages;

  before(async () => {
    [browser, emulator] = [await launch(), await start(scenario)];
    const { page, context } = await open(browser, emulator);
    pages = await pagesOf(page, emulator, account);
    await context.close();
  });

  after(async () => {
    await browser?.close();
    emulator?.stop();
  });

  const each = async (t, options, check) => {
    for (const address of pages) {
      const where = address.slice(emulator.address.length);
      await t.test(where, async () => {
        const { page, context, faults } = await open(browser, emulator, options);
        try {
          await visit(page, address);
          await check(page, where);
          assert.deepEqual(faults, [], where);
        } finally {
          await context.close();
        }
      });
    }
  };

  // Rules: DSH-06, DSH-27, DSH-29.
  test("every page is accessible, fits on narrow screens and leaves the console empty", (t) => each(t, {}, (page, where) => {
    return checkPage(page, where, [["light", WIDE], ["dark", NARROW]]);
  }));

  // Rules: DSH-27, DSH-28.
  test("every page works without script", (t) => each(t, { scripts: false }, async (page, where) => {
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, where);
    const names = await page.getByRole("button").allTextContents();
    assert.ok(!names.some((name) => ["Copy", "Follow", "Pause"].includes(name.trim())), `${where}: ${names}`);
    await checkPage(page, where, [["light", NARROW], ["dark", WIDE]]);
  }));
}
