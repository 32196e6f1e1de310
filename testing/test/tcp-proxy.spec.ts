import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { TcpProxy } from "@gorunner/testing";

describe("TcpProxy", () => {
  let server: Server;
  let proxy: TcpProxy;
  before(async () => {
    server = createServer((socket) => socket.on("error", () => {}).pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address !== "string");
    proxy = await TcpProxy.open(address.port);
  });
  beforeEach(() => proxy.become({ kind: "open" }));
  after(async () => {
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it("open, carries what both ends say, as much as it may be, and their ends", async () => {
    const echo = await Echo.at(proxy.port);
    const much = "0123456789".repeat(100_000);
    echo.say(much);
    await echo.heard(much);
    echo.end();
    await echo.ended();
  });

  it("leads a URL through itself and leaves the rest of it alone", () => {
    assert.equal(proxy.through("postgres://a:p%40ss@127.0.0.1:5432/db?x=1"), `postgres://a:p%40ss@127.0.0.1:${proxy.port}/db?x=1`);
  });

  it("slow, lets each piece wait, there and back", async () => {
    const echo = await Echo.at(proxy.port);
    proxy.become({ kind: "slow", delayMs: 40 });
    const start = performance.now();
    echo.say("one");
    await echo.heard("one");
    // Timers may be early by less than a millisecond each.
    assert.ok(performance.now() - start >= 78);
    echo.end();
  });

  it("silent, carries nothing, also on new connections, until it is open again; then nothing is missing", async () => {
    const echo = await Echo.at(proxy.port);
    proxy.become({ kind: "silent" });
    const late = await Echo.at(proxy.port);
    for (const each of [echo, late]) each.say("kept");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([echo.text, late.text], ["", ""]);
    proxy.become({ kind: "open" });
    for (const each of [echo, late]) await each.heard("kept");
    for (const each of [echo, late]) each.end();
  });

  it("closed, breaks the connections that there are, and new ones", async () => {
    const echo = await Echo.at(proxy.port);
    echo.say("before");
    await echo.heard("before");
    proxy.become({ kind: "closed" });
    await echo.ended();
    await (await Echo.at(proxy.port)).ended();
  });

  it("tearing, cuts every so many answers in half, and its connection", async () => {
    const echo = await Echo.at(proxy.port);
    proxy.become({ kind: "tearing", every: 2 });
    echo.say("whole");
    await echo.heard("whole");
    echo.say("halve!");
    await echo.ended();
    assert.equal(echo.text, "wholehal");
  });
});

/** A client of a server that says what it hears. */
class Echo {
  text = "";
  readonly #socket: Socket;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.#socket = socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      this.text += text;
      this.#wake();
    });
    // How a connection broke does not matter here; that it did is told by `close`.
    socket.on("error", () => {});
    socket.on("close", () => this.#wake());
  }

  static async at(port: number): Promise<Echo> {
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Echo(socket);
  }

  say(text: string): void {
    this.#socket.write(text);
  }

  end(): void {
    this.#socket.end();
  }

  async heard(text: string): Promise<void> {
    while (this.text.length < text.length && !this.#socket.closed) await this.#changed.promise;
    assert.ok(this.text === text, `heard ${this.text.length} of ${text.length}`);
  }

  async ended(): Promise<void> {
    while (!this.#socket.closed) await this.#changed.promise;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
