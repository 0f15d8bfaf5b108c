// Event patterns, the clock, faults, recorded requests and snapshots, as a user of the dashboard sees them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bothWays, heading, main, serving, status, table } from "./actions.mjs";
import { open, visit } from "./browser.mjs";

const [ADMINISTRATOR, MEMBER] = ["111111111111", "222222222222"];

const site = serving("quickstart.yaml");

/** Sends a finding of the member again, so that events are emitted. */
async function update(emulator) {
  const [finding] = await emulator.findings(MEMBER, { ProductName: [{ Value: "GuardDuty", Comparison: "EQUALS" }] });
  await emulator.control("POST", "findings", [{ ...finding, UpdatedAt: "2026-01-15T08:59:00Z" }]);
  return finding;
}

// Rules: DSH-95, DSH-97.
test("an event pattern is tested, and the page says why it misses", bothWays(site, async (page) => {
  const { emulator } = site;
  const finding = await update(emulator);
  await visit(page, emulator.page(ADMINISTRATOR));
  await main(page, "Events").click();
  await heading(page, "Events").waitFor();
  const label = finding.Severity.Label;
  await page.getByText(`${label}: ${finding.Title}`).first().waitFor();
  const other = label === "CRITICAL" ? "LOW" : "CRITICAL";
  const pattern = (wanted) => JSON.stringify({ detail: { findings: { Severity: { Label: [wanted] } } } });
  await page.getByRole("textbox", { name: "Event pattern" }).fill(pattern(other));
  await page.getByRole("button", { name: "Test", exact: true }).click();
  const row = table(page, "Events").locator("tbody tr").first();
  await page.getByText("0 of 1 selected").waitFor();
  const missed = await row.innerText();
  assert.ok(missed.includes("Severity.Label") && missed.includes(label) && missed.includes(other), missed);
  await page.getByRole("textbox", { name: "Event pattern" }).fill(pattern(label));
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("1 of 1 selected").waitFor();
  await page.getByRole("textbox", { name: "Event pattern" }).fill("{");
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("Event pattern is not valid").first().waitFor();
}));

// Rules: DSH-14, DSH-96.
test("a new event appears without a reload", async () => {
  const { browser, emulator } = site;
  await emulator.reset();
  const { page, context, faults } = await open(browser, emulator);
  await visit(page, emulator.page(ADMINISTRATOR, "events"));
  await page.getByRole("button", { name: "Pause" }).waitFor();
  const finding = await update(emulator);
  await table(page, "Events").getByText(finding.Title).waitFor({ timeout: 3_000 });
  await status(page, "1 new event");
  assert.deepEqual(faults, []);
  await context.close();
});

// Rules: DSH-100.
test("the clock is started, frozen and advanced", bothWays(site, async (page) => {
  const { emulator } = site;
  await visit(page, emulator.page(ADMINISTRATOR));
  await main(page, "Test bench").click();
  await heading(page, "Test bench").waitFor();
  await page.getByRole("button", { name: "Let the clock run" }).click();
  await page.getByRole("button", { name: "Freeze" }).click();
  await page.getByRole("button", { name: "Let the clock run" }).waitFor();
  const before = Date.parse((await emulator.control("GET", "clock")).now);
  await page.getByLabel("Advance by").fill("P2D");
  await page.getByRole("button", { name: "Advance", exact: true }).click();
  const day = new Date(before + 2 * 86_400_000).toISOString().slice(0, 10);
  await page.getByRole("contentinfo").getByText(day).waitFor();
  assert.equal(Date.parse((await emulator.control("GET", "clock")).now), before + 2 * 86_400_000);
}));

// Rules: DSH-103.
test("a fault is added, and the journal shows the call that it hit", bothWays(site, async (page) => {
  const { emulator } = site;
  await visit(page, emulator.page(ADMINISTRATOR, "bench"));
  await page.getByLabel("Operation", { exact: true }).last().fill("GetFindings");
  await page.getByLabel("Error", { exact: true }).fill("Throttle");
  await page.getByRole("button", { name: "Add fault" }).click();
  await table(page, "Faults").getByText("GetFindings").first().waitFor();
  await assert.rejects(emulator.findings(MEMBER));
  await page.reload();
  const row = table(page, "Requests").locator("tbody tr").first();
  const text = await row.innerText();
  assert.ok(["GetFindings", MEMBER, "429"].every((part) => text.includes(part)), text);
  await page.getByRole("button", { name: /^Remove / }).first().click();
  await page.getByText("No faults.").waitFor();
}));

// Rules: DSH-103.
test("a snapshot is saved, compared and restored", bothWays(site, async (page) => {
  const { emulator } = site;
  await visit(page, emulator.page(ADMINISTRATOR, "bench"));
  await page.getByLabel("Name", { exact: true }).fill("before");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await table(page, "Snapshots").getByText("before", { exact: true }).waitFor();
  const finding = await update(emulator);
  await page.getByRole("link", { name: "Compare before" }).click();
  await table(page, "Changes").getByText("UpdatedAt").first().waitFor();
  await page.getByRole("button", { name: "Restore before" }).click();
  await page.getByRole("status").getByText("before").waitFor();
  const [restored] = await emulator.findings(MEMBER, { Id: [{ Value: finding.Id, Comparison: "EQUALS" }] });
  assert.equal(restored.UpdatedAt, finding.UpdatedAt);
}));
