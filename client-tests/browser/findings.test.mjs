// Filters, their call, and changes of findings, as a user makes them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bothWays, heading, main, serving, shownCall, status, table } from "./actions.mjs";
import { open, visit } from "./browser.mjs";

const [ADMINISTRATOR, MEMBER] = ["111111111111", "222222222222"];

const site = serving("quickstart.yaml");

// Rules: DSH-35, DSH-51.
test("findings are filtered by chips, and the shown call returns the same", bothWays(site, async (page) => {
  const { emulator } = site;
  await visit(page, emulator.page(ADMINISTRATOR));
  await main(page, "Findings").click();
  await heading(page, "Findings").waitFor();
  await page.getByRole("link", { name: "Remove all" }).click();
  await page.getByText("No filters.").waitFor();
  for (const [field, comparison, value, words] of [
    ["SeverityLabel", "EQUALS", "HIGH", "SeverityLabel is HIGH"],
    ["ProductName", "PREFIX", "Gu", "ProductName begins with Gu"],
  ]) {
    await page.getByLabel("Field", { exact: true }).selectOption(field);
    await page.getByLabel("Comparison", { exact: true }).selectOption(comparison);
    await page.getByLabel("Value", { exact: true }).fill(value);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("list", { name: "Filters" }).getByText(words).waitFor();
  }
  const titles = await table(page, "Findings").locator("tbody th").allTextContents();
  const { Findings } = await emulator.run(await shownCall(page));
  assert.ok(titles.length > 0);
  assert.deepEqual(titles, Findings.map((finding) => finding.Title));
  assert.ok(Findings.every((finding) => finding.Severity.Label === "HIGH" && finding.ProductName === "GuardDuty"));
  await page.getByRole("link", { name: "Remove SeverityLabel is HIGH" }).click();
  await page.getByRole("list", { name: "Filters" }).getByText("SeverityLabel").waitFor({ state: "detached" });
  await page.goBack();
  await page.getByRole("list", { name: "Filters" }).getByText("SeverityLabel is HIGH").waitFor();
}));

// Rules: DSH-60, DSH-67, DSH-68.
test("twenty findings are triaged at once, with their history and events", bothWays(site, async (page) => {
  const { emulator } = site;
  await visit(page, emulator.page(ADMINISTRATOR, "findings"));
  const boxes = table(page, "Findings").getByRole("checkbox");
  for (let number = 0; number < 20; number += 1) await boxes.nth(number).check();
  await page.getByLabel("Workflow status").selectOption("RESOLVED");
  await page.getByLabel("Note", { exact: true }).fill("seen in a browser");
  await page.getByRole("button", { name: "Update", exact: true }).click();
  await status(page, "20 changed, 0 refused");
  const resolved = await emulator.findings(ADMINISTRATOR, { NoteText: [{ Value: "seen in a browser", Comparison: "EQUALS" }] });
  assert.equal(resolved.length, 20);
  assert.ok(resolved.every((finding) => finding.Workflow.Status === "RESOLVED"));
  const [{ Title }] = resolved;
  await table(page, "Findings").getByRole("link", { name: Title, exact: true }).first().click();
  await heading(page, Title).waitFor();
  const views = page.getByRole("navigation", { name: "Finding", exact: true });
  await views.getByRole("link", { name: "History" }).click();
  await table(page, "History").getByRole("row").filter({ hasText: "Workflow.Status" }).getByText("RESOLVED").waitFor();
  await views.getByRole("link", { name: "Events" }).click();
  const events = table(page, "Events of this finding");
  await events.waitFor();
  assert.ok((await events.locator("tbody tr").count()) >= 2, "the owner and its administrator get an event");
}));

// Rules: DSH-10, DSH-11, DSH-66.
test("a form that is refused keeps what was typed", bothWays(site, async (page) => {
  const { emulator } = site;
  const [finding] = await emulator.findings(MEMBER);
  const { ProductArn, Id } = finding;
  const query = new URLSearchParams({ product: ProductArn, id: Id });
  await visit(page, emulator.page(MEMBER, `finding?${query}`));
  await page.getByRole("button", { name: "Update", exact: true }).click();
  await page.getByRole("alert").getByText("Choose at least one attribute").waitFor();
  await page.getByLabel("Note", { exact: true }).fill("kept");
  await page.getByLabel("Severity", { exact: true }).selectOption("LOW");
  await page.getByRole("button", { name: "Update", exact: true }).click();
  await status(page, "1 changed, 0 refused");
  const [changed] = await emulator.findings(MEMBER, { Id: [{ Value: Id, Comparison: "EQUALS" }] });
  assert.deepEqual([changed.Severity.Label, changed.Note.Text], ["LOW", "kept"]);
  await page.reload();
  assert.equal(await page.getByRole("status").textContent(), "", "a message is shown once");
}));

// Rules: DSH-69.
test("a finding is explained", bothWays(site, async (page) => {
  const { emulator } = site;
  const [{ ProductArn, Id, Title }] = await emulator.findings(MEMBER);
  const query = new URLSearchParams({ product: ProductArn, id: Id });
  await visit(page, emulator.page(MEMBER, `finding?${query}`));
  await page.getByRole("navigation", { name: "Finding", exact: true }).getByRole("link", { name: "Explain" }).click();
  await table(page, "Who sees it").getByRole("row").filter({ hasText: ADMINISTRATOR }).getByText("yes").first().waitFor();
  await page.getByRole("textbox", { name: "Filters" }).fill('{"Title": [{"Value": "other", "Comparison": "EQUALS"}]}');
  await page.getByRole("button", { name: "Explain" }).click();
  const row = table(page, "Filters held against it").getByRole("row").filter({ hasText: "EQUALS other" });
  await row.waitFor();
  assert.deepEqual(await row.locator("th, td").allTextContents(), ["Title", "EQUALS other", Title, "no"]);
}));

// Rules: DSH-37.
test("a shown call is copied by a button", async () => {
  const { browser, emulator } = site;
  const permissions = ["clipboard-read", "clipboard-write"];
  const { page, context, faults } = await open(browser, emulator, { permissions });
  await visit(page, emulator.page(ADMINISTRATOR));
  const call = page.locator("main > details.calls").last();
  await call.getByText("Show me the call").click();
  await call.getByRole("button", { name: "Copy curl" }).first().click();
  await call.getByText("Copied").waitFor();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(command.startsWith(`curl ${emulator.address}/findings`), command);
  assert.ok((await emulator.run(command)).Findings.length > 0);
  assert.deepEqual(faults, []);
  await context.close();
});
