import type { Server } from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { descriptorSetBase64 } from "../gen/descriptors.js";

/** Adds server reflection, v1 and v1alpha, that describes every service of the server, itself included. */
export function addReflection(server: Server): void {
  const described = loadFileDescriptorSetFromBuffer(Buffer.from(descriptorSetBase64, "base64"));
  new ReflectionService(described).addToServer(server);
}
