/** Takes apart the supervisor's stream of frames, however the socket has cut it (supervisor/frames.go). */

export interface Frame {
  /** Ready for a job; stdout; stderr; a dump of goroutines; ended. */
  kind: "r" | "o" | "e" | "d" | "x";
  timeNs: bigint;
  payload: Buffer;
}

const headerBytes = 1 + 8 + 4;
/** The supervisor's frames are 32 KiB at most, but for a little JSON at the end. */
const maxPayloadBytes = 1024 * 1024;

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @returns the frames that `chunk` completes. @throws Error on a stream that is not the supervisor's. */
  read(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (data.length >= headerBytes) {
      const kind = String.fromCharCode(data.readUInt8(0));
      const length = data.readUInt32BE(9);
      if (!isKind(kind) || length > maxPayloadBytes) throw new Error("the supervisor sent something that is no frame");
      if (data.length < headerBytes + length) break;
      frames.push({ kind, timeNs: data.readBigInt64BE(1), payload: data.subarray(headerBytes, headerBytes + length) });
      data = data.subarray(headerBytes + length);
    }
    this.#rest = data;
    return frames;
  }
}

const isKind = (text: string): text is Frame["kind"] => text.length === 1 && "roedx".includes(text);
