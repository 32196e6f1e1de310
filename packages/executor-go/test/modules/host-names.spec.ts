import assert from "node:assert/strict";
import { HostNames, isInner } from "../../src/modules/host-names.js";

describe("addresses", () => {
  for (const address of [
    ...["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1"],
    ...[
      "::1",
      "::",
      "fe80::1",
      "fd00::1",
      "ff02::1",
      "::ffff:127.0.0.1",
      "::ffff:8.8.8.8",
      "64:ff9b::7f00:1",
      "2002:7f00:1::",
      "no address",
    ],
  ]) {
    it(`are inside the operator's network: ${address}`, () => assert.equal(isInner(address), true));
  }

  for (const address of ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "100.128.0.1"]) {
    it(`are of the public internet: ${address}`, () => assert.equal(isInner(address), false));
  }

  it("need no lookup where they are written out", async () => {
    assert.deepEqual(await new HostNames().resolve("192.0.2.1"), [{ address: "192.0.2.1", family: 4 }]);
    assert.deepEqual(await new HostNames().resolve("2001:db8::1"), [{ address: "2001:db8::1", family: 6 }]);
  });
});
