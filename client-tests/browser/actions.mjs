// What tests of user actions share: a test with and without script, and the parts of a page by their names.
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { launch, open } from "./browser.mjs";
import { start } from "./emulator.mjs";

/** A browser and an emulator with a scenario, while the tests of a file run. */
export function serving(scenario) {
  const site = {};
  before(async () => {
    [site.browser, site.emulator] = [await launch(), await start(scenario)];
  });
  after(async () => {
    await site.browser?.close();
    site.emulator?.stop();
  });
  return site;
}

/** A test with script, and the same without. Each begins with the scenario. */
export function bothWays(site, check) {
  return async (t) => {
    for (const javaScriptEnabled of [true, false]) {
      await t.test(javaScriptEnabled ? "with script" : "without script", async (t) => {
        const { browser, emulator } = site;
        await emulator.reset();
        const { page, context, faults } = await open(browser, emulator, { javaScriptEnabled, expected: [400, 422] });
        try {
          await check(page, t);
          assert.deepEqual(faults, []);
        } finally {
          await context.close();
        }
      });
    }
  };
}

/** A link of the navigation. */
export const main = (page, name) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true });

export const heading = (page, name) => page.getByRole("heading", { level: 1, name });

export const table = (page, name) => page.getByRole("table", { name, exact: true });

/** Waits for a message about what was done. */
export const status = (page, text) => page.getByRole("status").getByText(text).waitFor();

/** The command for curl that the page as a whole shows. */
export async function shownCall(page) {
  const call = page.locator("main > details.calls").last();
  await call.getByText("Show me the call").click();
  const command = call.locator("pre", { hasText: /^curl / }).first();
  await command.waitFor();
  return command.evaluate((pre) => pre.firstChild.textContent);
}
