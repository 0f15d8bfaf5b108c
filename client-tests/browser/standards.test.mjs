// Scores of standards, as a user makes them rise.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bothWays, heading, main, serving, status, table } from "./actions.mjs";
import { open, visit } from "./browser.mjs";

const [ADMINISTRATOR, MEMBER] = ["111111111111", "222222222222"];
const CIS = "CIS AWS Foundations Benchmark v1.2.0";

const site = serving("cis-and-pci.yaml");

const score = async (page) => {
  const row = table(page, "Standards").getByRole("row").filter({ has: page.getByRole("link", { name: CIS, exact: true }) });
  return row.getByRole("cell").first().textContent();
};

// Rules: DSH-80, DSH-81, DSH-82.
test("a score rises when a resource is fixed", bothWays(site, async (page) => {
  await visit(page, site.emulator.page(MEMBER));
  await main(page, "Standards").click();
  await heading(page, "Standards").waitFor();
  assert.equal(await score(page), "–");
  await page.getByRole("button", { name: `Enable ${CIS}` }).click();
  await page.getByRole("button", { name: `Disable ${CIS}` }).waitFor();
  const before = await score(page);
  assert.match(before, /^\d+ %$/);
  await page.getByRole("link", { name: CIS, exact: true }).click();
  await heading(page, CIS).waitFor();
  await page.getByLabel("Status").selectOption("FAILED");
  await page.getByRole("button", { name: "Filter" }).click();
  const controls = table(page, "Controls").getByRole("link");
  await page.waitForURL(/status=FAILED/);
  await controls.filter({ hasText: "IAM.5" }).click();
  await heading(page, /^IAM\.5 /).waitFor();
  await page.getByRole("button", { name: /^Fix / }).first().click();
  await page.getByRole("button", { name: /^Fail / }).first().waitFor();
  await main(page, "Standards").click();
  await heading(page, "Standards").waitFor();
  const after = await score(page);
  assert.ok(parseInt(after, 10) > parseInt(before, 10), `${before} ${after}`);
  await visit(page, site.emulator.page(ADMINISTRATOR, "standards"));
  const row = table(page, "Scores by standard and account").getByRole("row").filter({ hasText: MEMBER });
  assert.ok((await row.getByRole("link").allTextContents()).includes(after), "the heat map of the administrator");
}));

// Rules: DSH-27.
test("nothing moves below a message after it is shown, so that a click does not miss", async () => {
  await site.emulator.reset();
  const { page, context } = await open(site.browser, site.emulator);
  try {
    await visit(page, site.emulator.page(MEMBER, "standards"));
    const moved = page.evaluate(() => new Promise((resolve) => {
      const top = () => document.querySelector("#main .panel").getBoundingClientRect().top;
      const compare = (before) => setTimeout(() => resolve(top() - before), 500);
      document.addEventListener("htmx:after:swap", () => requestAnimationFrame(() => compare(top())), { once: true });
    }));
    await page.getByRole("button", { name: `Enable ${CIS}` }).click();
    assert.equal(await moved, 0);
    assert.ok(await page.getByRole("status").locator(".message").isVisible());
  } finally {
    await context.close();
  }
});
