import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findNamespaceLacks } from "../../src/sandbox/host-lacks.js";
import { findIdLack } from "../../src/sandbox/identity.js";

describe("findNamespaceLacks", () => {
  let proc = "";
  beforeEach(async () => {
    proc = await mkdtemp(join(tmpdir(), "gorunner-proc-"));
  });
  afterEach(() => rm(proc, { recursive: true }));

  const lacksWith = async (files: Record<string, string>) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(proc, name)), { recursive: true });
      await writeFile(join(proc, name), content);
    }
    return findNamespaceLacks({ proc });
  };

  it("finds nothing where the switches are on, or do not exist", async () => {
    assert.deepEqual(await lacksWith({}), []);
    assert.deepEqual(
      await lacksWith({
        "sys/kernel/unprivileged_userns_clone": "1\n",
        "sys/user/max_user_namespaces": "96365\n",
        "sys/kernel/apparmor_restrict_unprivileged_userns": "0\n",
        "self/status": "Name:\tnode\nSeccomp:\t0\n",
      }),
      [],
    );
  });

  const cases: [file: string, content: string, lack: RegExp, mend: RegExp][] = [
    ["sys/kernel/unprivileged_userns_clone", "0\n", /unprivileged_userns_clone is 0/, /sysctl -w kernel\.unprivileged_userns_clone=1/],
    ["sys/user/max_user_namespaces", "0\n", /max_user_namespaces is 0/, /sysctl -w user\.max_user_namespaces=\d+/],
    ["sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", /AppArmor/, /sysctl -w kernel\.apparmor_restrict_unprivileged_userns=0/],
    ["self/status", "Name:\tnode\nSeccomp:\t2\n", /seccomp filter/, /--security-opt/],
  ];
  for (const [file, content, lack, mend] of cases) {
    it(`names what mends ${file}`, async () => {
      const [found, ...more] = await lacksWith({ [file]: content });
      assert.match(found?.lack ?? "", lack);
      assert.match(found?.mend ?? "", mend);
      assert.deepEqual(more, []);
    });
  }
});

describe("findIdLack", () => {
  let proc = "";
  beforeEach(async () => {
    proc = await mkdtemp(join(tmpdir(), "gorunner-proc-"));
    await mkdir(join(proc, "self"));
  });
  afterEach(() => rm(proc, { recursive: true }));

  const lackWith = async (uids: string, gids = uids) => {
    await writeFile(join(proc, "self/uid_map"), uids);
    await writeFile(join(proc, "self/gid_map"), gids);
    return findIdLack({ proc });
  };
  const whole = "         0          0 4294967295\n";
  const single = "         0       1000          1\n";

  it("finds nothing where all ids are there, or are not needed", async () => {
    const maps = process.getuid?.() === 0 ? [whole, "0 1000 1\n1 100000 65536\n"] : [whole, single];
    for (const map of maps) assert.equal(await lackWith(map), undefined);
  });

  it("names what a root of few ids lacks, and what mends it", async () => {
    const lacks = [await lackWith(single), await lackWith(whole, single), await lackWith("0 0 31500\n")];
    const expected = process.getuid?.() === 0 ? /no ids from \d+ to 31999.*usermod --add-subuids/ : /^undefined$/;
    for (const lack of lacks) assert.match(lack === undefined ? "undefined" : `${lack.lack}: ${lack.mend}`, expected);
  });
});
