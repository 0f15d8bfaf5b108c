// Forty accounts become members with one click.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { bothWays, heading, main, serving, status, table } from "./actions.mjs";
import { visit } from "./browser.mjs";

const ADMINISTRATOR = "111111111111";
const CSV = readFileSync(join(process.env.REPOSITORY, "scenarios", "forty-members.csv"), "utf8");

const site = serving("cis-and-pci.yaml");

// Rules: DSH-85, DSH-86, DSH-88.
test("forty accounts are pasted, invited and accepted, and both sides show it", bothWays(site, async (page) => {
  await visit(page, site.emulator.page(ADMINISTRATOR));
  await main(page, "Accounts").click();
  await heading(page, "Accounts").waitFor();
  await page.getByLabel("Accounts", { exact: true }).fill(`${CSV.trim()}\nnot an account`);
  await page.getByRole("button", { name: "Add, invite and accept" }).click();
  await page.getByRole("alert").getByText("42").waitFor();
  assert.ok((await page.getByLabel("Accounts", { exact: true }).inputValue()).includes("not an account"), "text is kept");
  await page.getByLabel("Accounts", { exact: true }).fill(CSV);
  await page.getByLabel("Message", { exact: true }).fill("Welcome.");
  await page.getByRole("button", { name: "Add, invite and accept" }).click();
  await status(page, "40 added, 40 invited, 40 accepted, 0 refused");
  const row = table(page, "Members").getByRole("row").filter({ hasText: "200000000001" });
  const [, account, , email, status_, side, hub] = await row.locator("th, td").allTextContents();
  assert.deepEqual([account, email, status_, side, hub], ["200000000001", "payments-prod@example.com", "Enabled", "Enabled", "on"]);
  await page.getByLabel("Account", { exact: true }).first().fill("200000000040");
  await page.getByRole("button", { name: "Switch" }).click();
  await page.getByText("Seen as 200000000040").waitFor();
  await heading(page, "Accounts").waitFor();
  await page.getByRole("heading", { level: 2, name: "Administrator" }).waitFor();
  assert.ok((await page.getByRole("main").innerText()).includes(ADMINISTRATOR));
}));
