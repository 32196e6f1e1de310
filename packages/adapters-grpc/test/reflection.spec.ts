import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { status } from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import { RunnerService } from "../src/gen/runner/runner.js";
import { loadedClient, type ReflectionAnswer } from "./support/loaded-client.js";
import { type Service, startService } from "./support/service.js";

const protoFolder = join(createRequire(import.meta.url).resolve("@grpc/reflection"), "../../proto");
const served = [
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
  "runner.Runner",
];

for (const version of ["v1", "v1alpha"]) {
  describe(`grpc.reflection.${version}`, () => {
    let service: Service;
    before(async () => {
      service = await startService();
    });
    after(() => service.close());

    async function askReflection(request: object): Promise<ReflectionAnswer> {
      const proto = join(protoFolder, `grpc/reflection/${version}/reflection.proto`);
      const client = loadedClient(proto, `grpc.reflection.${version}.ServerReflection`, service.address);
      try {
        return await new Promise((resolve, reject) => {
          const stream = client.serverReflectionInfo();
          stream.on("data", resolve);
          stream.on("error", reject);
          stream.write(request);
          stream.end();
        });
      } finally {
        client.close();
      }
    }

    it("lists every service", async () => {
      const { listServicesResponse } = await askReflection({ listServices: "*" });
      assert.deepEqual(listServicesResponse?.service.map(({ name }) => name).sort(), served);
    });

    for (const name of served) {
      it(`describes ${name} with all that it needs`, async () => {
        const { fileDescriptorResponse } = await askReflection({ fileContainingSymbol: name });
        // It loads only if every type that it refers to is there.
        assert.ok(loaded(fileDescriptorResponse?.fileDescriptorProto)[name] !== undefined);
      });
    }

    it("describes the frozen contract exactly", async () => {
      const { fileDescriptorResponse } = await askReflection({ fileContainingSymbol: "runner.Runner.GetCodeByID" });
      const described = loaded(fileDescriptorResponse?.fileDescriptorProto)["runner.Runner"];
      const paths = Object.values(Object(described)).map((method) => Reflect.get(Object(method), "path"));
      assert.deepEqual(
        paths,
        Object.values(RunnerService).map(({ path }) => path),
      );
    });

    it("does not know other symbols", async () => {
      assert.equal((await askReflection({ fileContainingSymbol: "auth.Auth" })).errorResponse?.errorCode, status.NOT_FOUND);
    });
  });
}

/** What a client makes of the files that reflection answered: they are put into one FileDescriptorSet (`file = 1`). */
function loaded(files: Uint8Array[] | undefined) {
  const writer = new BinaryWriter();
  for (const file of files ?? []) writer.uint32((1 << 3) | 2).bytes(file);
  return loadFileDescriptorSetFromBuffer(Buffer.from(writer.finish()));
}
