import assert from "node:assert/strict";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { eventually } from "../support/host.js";
import { launchBrowser, reboundName } from "./chromium.js";
import { emptyPage, type ForeignSite, openForeignSite } from "./foreign-site.js";
import { markedCode, marker, Victim } from "./victim.js";

describe("A local server in a real browser", function () {
  this.timeout(300_000);
  let browser: Browser;
  let site: ForeignSite;
  let local: Victim;
  let context: BrowserContext;
  let page: Page;
  before(async () => {
    [browser, site, local] = await Promise.all([launchBrowser(), openForeignSite(), Victim.start()]);
  });
  beforeEach(async () => {
    context = await browser.newContext();
    context.setDefaultTimeout(100_000);
    page = await context.newPage();
  });
  afterEach(() => context.close());
  after(async () => {
    await browser.close();
    await Promise.all([site.close(), local.stop()]);
  });

  const foreignPage = () => `http://evil.localhost:${site.port}/`;

  /** What a script of the page gets of a URL. */
  const read = (url: string, init: object = {}): Promise<string> =>
    page.evaluate(
      `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(async (answer) => answer.status + " " + (await answer.text()), (error) => "blocked: " + error)`,
    );

  for (const name of ["127.0.0.1", "localhost", "runner.localhost"]) {
    it(`runs a program from its own /docs, at ${name}, and asks no other server`, async () => {
      const problems: string[] = [];
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("request", (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol !== "data:" && hostname !== name) problems.push(`asked ${request.url()}`);
      });
      await page.goto(`http://${name}:${local.port}/docs`);
      const operation = page.locator("#operations-snippets-RunCode");
      await operation.locator(".opblock-summary-control").click();
      await operation.getByRole("button", { name: "Try it out" }).click();
      await operation.getByRole("button", { name: "Execute", exact: true }).click();
      await operation
        .locator(".live-responses-table")
        .getByText(/"output": "Hello RunCode!/)
        .first()
        .waitFor();
      assert.deepEqual(problems, []);
    });
  }

  it("is linked to by a foreign page: a person sees the snippet, the page does not", async () => {
    const id = await local.share();
    await page.goto(foreignPage());
    const [popup] = await Promise.all([
      page.waitForEvent("popup"),
      page.evaluate(`void (window.opened = open("http://127.0.0.1:${local.port}/shared/${id}"))`),
    ]);
    await popup.waitForLoadState();
    assert.ok((await popup.textContent("body"))?.includes(marker));
    // The window is in another group of windows, so that the page has lost it.
    await eventually(async () => assert.equal(await page.evaluate("opened.closed"), true));
    await page.evaluate(`void (document.body.innerHTML = '<a href="http://127.0.0.1:${local.port}/docs">the documentation</a>')`);
    await page.getByText("the documentation").click();
    await page.locator("#operations-snippets-RunCode").waitFor();
  });

  it("can't be framed", async () => {
    await page.goto(foreignPage());
    await page.evaluate(
      `void (document.body.innerHTML = '<iframe src="http://127.0.0.1:${local.port}/docs"></iframe><iframe src="http://127.0.0.1:${local.port}/healthz"></iframe>')`,
    );
    await eventually(() => {
      const frames = page.frames().slice(1);
      assert.deepEqual(
        [frames.length, ...frames.map((frame) => frame.url())],
        [2, "chrome-error://chromewebdata/", "chrome-error://chromewebdata/"],
      );
    });
  });

  it("has metrics that no foreign page reads, be its name rebound or not", async () => {
    const { port, pathname } = new URL(local.server.metrics);
    await page.goto(foreignPage());
    assert.match(await read(local.server.metrics), /^blocked/);
    await page.route("**/the-attackers-own-page", (route) => route.fulfill({ contentType: "text/html", body: emptyPage }));
    await page.goto(`http://${reboundName}:${port}/the-attackers-own-page`);
    const answer = await read(pathname);
    assert.match(answer, /^403 "attacker\.test" is no name of this server.*cors\.hosts/);
    assert.doesNotMatch(answer, /runner_/);
    assert.match((await (await page.goto(local.server.metrics))?.text()) ?? "", /^runner_/m);
  });

  it("has a gRPC port on which no page calls anything: browsers don't begin with HTTP/2 without TLS", async () => {
    const before = await local.calls();
    const [, port] = local.server.grpc.split(":");
    const address = `http://127.0.0.1:${port}/runner.Runner/RunCode`;
    await page.goto(foreignPage());
    // An opaque answer: the port says in HTTP/1 that it speaks gRPC, and the page does not see it.
    assert.equal(await read(address, { method: "POST", mode: "no-cors", body: markedCode }), "0 ");
    assert.match(await read(address, { method: "POST", headers: { "content-type": "application/grpc" }, body: markedCode }), /^blocked/);
    await page.route("**/the-attackers-own-page", (route) => route.fulfill({ contentType: "text/html", body: emptyPage }));
    await page.goto(`http://${reboundName}:${port}/the-attackers-own-page`);
    assert.match(await read("/runner.Runner/RunCode", { method: "POST", body: markedCode }), /^400 this port speaks gRPC/);
    assert.equal(await local.calls(), before);
  });

  it("is used by the one foreign origin that cors.origins lists", async () => {
    const origin = foreignPage().slice(0, -1);
    const sharing = await Victim.start({ origins: [origin] });
    try {
      const id = await sharing.share();
      const url = `http://127.0.0.1:${sharing.port}`;
      const body = JSON.stringify({ code: markedCode });
      await page.goto(`${origin}/`);
      assert.match(await read(`${url}/run`, { method: "POST", headers: { "content-type": "application/json" }, body }), /^200 /);
      assert.match(await read(`${url}/shared/${id}`), new RegExp(`^200 .*${marker}`));
      assert.match(await read(`${url}/shared/424242`), /^404 .*not found/);
      assert.match(await read(`${url}/shared/${id}?user_id=1`, { method: "DELETE" }), /^200 /);
      const before = await sharing.calls();
      await page.goto(`http://other.localhost:${site.port}/`);
      assert.match(await read(`${url}/run`, { method: "POST", body }), /^blocked/);
      assert.equal(await sharing.calls(), before);
    } finally {
      await sharing.stop();
    }
  });
});
