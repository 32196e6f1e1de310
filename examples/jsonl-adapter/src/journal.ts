import { type FileHandle, open } from "node:fs/promises";

/** A file of JSON lines that only grows. A line is on the disk when its `append` resolves. */
export class Journal {
  readonly #file: FileHandle;
  #size: number;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** Opens the file, made where there is none, and hands each of its lines to `read`. */
  static async open(path: string, read: (line: string) => void): Promise<Journal> {
    const file = await open(path, "a+");
    const bytes = await file.readFile();
    // A crash in the middle of a write leaves a line without its end. Nobody was told that it was written.
    const size = bytes.lastIndexOf("\n") + 1;
    await file.truncate(size);
    for (const line of bytes.toString("utf8", 0, size).split("\n")) if (line !== "") read(line);
    return new Journal(file, size);
  }

  /** One call at a time. Where it rejects, the file is as it was before. */
  async append(line: string): Promise<void> {
    const bytes = Buffer.from(`${line}\n`);
    try {
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
    } catch (error) {
      await this.#file.truncate(this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
