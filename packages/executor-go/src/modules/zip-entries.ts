/** How many files a zip has, counted while it passes by: each has a record in its directory, or no reader finds it. */

/** The beginning of such a record (APPNOTE.TXT, section 4.3.12). */
const signature = Buffer.from("PK\x01\x02", "latin1");

export class ZipEntries {
  #count = 0;
  /** The end of the piece before, in which a signature may begin. */
  #end = Buffer.alloc(0);

  /** Never less than there are; the same bytes elsewhere, as in a zip within the zip, count too. */
  get count(): number {
    return this.#count;
  }

  take(piece: Buffer): void {
    const seam = Buffer.concat([this.#end, piece.subarray(0, signature.length - 1)]);
    if (seam.includes(signature)) this.#count++;
    for (let at = piece.indexOf(signature); at >= 0; at = piece.indexOf(signature, at + signature.length)) this.#count++;
    const last = piece.length >= signature.length - 1 ? piece : Buffer.concat([this.#end, piece]);
    this.#end = Buffer.from(last.subarray(Math.max(0, last.length - (signature.length - 1))));
  }
}
