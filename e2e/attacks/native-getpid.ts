/** Asks the kernel itself for what no language has a call for: outside any sandbox, by the smallest program that can. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const calls = {
  // mov eax, its number; int 0x80.
  int80: [0xb8, 20, 0, 0, 0, 0xcd, 0x80],
  // mov eax, its number with the bit of x32; syscall.
  x32: [0xb8, 39, 0, 0, 0x40, 0x0f, 0x05],
};

/** Whether the kernel answers getpid when it is called this way. */
export function answersGetpid(way: keyof typeof calls): boolean {
  if (process.arch !== "x64") return false;
  const code = [
    ...calls[way],
    // test eax, eax; setle dil; movzx edi, dil; mov eax, SYS_exit; syscall: 0 where a process id came of it.
    ...[0x85, 0xc0, 0x40, 0x0f, 0x9e, 0xc7, 0x40, 0x0f, 0xb6, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05],
  ];
  const directory = mkdtempSync(join(tmpdir(), "gorunner-asks-"));
  try {
    const program = join(directory, "asks");
    writeFileSync(program, executable(code), { mode: 0o700 });
    const { status, error } = spawnSync(program);
    if (error !== undefined) throw error;
    return status === 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** An executable for x86-64 of nothing but this code; see elf(5). */
function executable(code: readonly number[]): Buffer {
  const headerBytes = 64 + 56;
  const address = 0x40_0000n;
  const file = Buffer.alloc(headerBytes + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  // ET_EXEC, EM_X86_64, EV_CURRENT, the entry, and where the one program header is.
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(62, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(address + BigInt(headerBytes), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  // PT_LOAD, to be read and executed: all of the file.
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(address, 80);
  file.writeBigUInt64LE(address, 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  file.set(code, headerBytes);
  return file;
}
