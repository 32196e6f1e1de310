import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { eventually } from "../support/host.js";
import { type Attempt, attempts, expressionOf } from "./attempts.js";
import { launchBrowser, reboundName } from "./chromium.js";
import { emptyPage, type ForeignSite, openForeignSite } from "./foreign-site.js";
import { markedCode, marker, Victim } from "./victim.js";

/** Where the attacker's page is, and under which origin it reaches the server. */
interface Place {
  name: string;
  page: (ports: Ports) => string;
  api: (ports: Ports) => string;
}

interface Ports {
  site: number;
  server: number;
}

const places: readonly Place[] = [
  {
    name: "on another port of this machine",
    page: ({ site }) => `http://127.0.0.1:${site}/`,
    api: ({ server }) => `http://127.0.0.1:${server}`,
  },
  { name: "of another site", page: ({ site }) => `http://evil.localhost:${site}/`, api: ({ server }) => `http://127.0.0.1:${server}` },
  {
    name: "of another site, without TLS",
    page: ({ site }) => `http://${reboundName}:${site}/`,
    api: ({ server }) => `http://127.0.0.1:${server}`,
  },
  {
    name: "whose name was rebound to this machine",
    page: ({ server }) => `http://${reboundName}:${server}/the-attackers-own-page`,
    api: ({ server }) => `http://${reboundName}:${server}`,
  },
];

describe("A foreign page in a real browser", function () {
  this.timeout(300_000);
  let browser: Browser;
  let site: ForeignSite;
  /** It allows every page: there the attempts must succeed. */
  let open: Victim;
  let local: Victim;
  before(async () => {
    [browser, site, open, local] = await Promise.all([
      launchBrowser(),
      openForeignSite(),
      Victim.start({ origins: ["*"], hosts: ["*"] }),
      Victim.start(),
    ]);
  });
  after(async () => {
    await browser.close();
    await Promise.all([site.close(), open.stop(), local.stop()]);
  });

  for (const place of places) {
    describe(place.name, () => {
      let page: Page;
      beforeEach(async () => {
        page = await (await browser.newContext()).newPage();
        page.setDefaultTimeout(100_000);
      });
      afterEach(() => page.context().close());

      /** Makes the attempt. @returns what the page has read. */
      async function attempt(tried: Attempt, { port }: Victim, id: bigint): Promise<string> {
        const ports = { site: site.port, server: port };
        // The name server's first answer led to the attacker, who sent the page; its next one leads here.
        await page.route("**/the-attackers-own-page", (route) => route.fulfill({ contentType: "text/html", body: emptyPage }));
        await page.goto(place.page(ports));
        return String(await page.evaluate(expressionOf(tried, { api: place.api(ports), id, json: JSON.stringify({ code: markedCode }) })));
      }

      for (const each of attempts) {
        it(`does nothing and reads nothing by ${each.name}`, async () => {
          const bait = await open.share();
          const before = await open.served(each);
          const readThere = await attempt(each, open, bait);
          await eventually(async () => assert.ok((await open.served(each)) > before, `it does not succeed anywhere: ${readThere}`));
          assert.equal(readThere.includes(marker), each.reads === true, readThere);

          const id = await local.share();
          const [calls, refused] = [await local.calls(), await local.refused()];
          const read = await attempt(each, local, id);
          await eventually(async () => assert.ok((await local.refused()) > refused, `the server was not asked: ${read}`));
          assert.ok(!read.includes(marker), read);
          assert.equal(await local.calls(), calls);
          assert.ok(await local.has(id));
        });
      }
    });
  }
});
