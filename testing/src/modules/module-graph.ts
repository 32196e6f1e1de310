/** A tree of modules that require each other: as large as one likes, and made as it is asked for. */
import { modSum } from "./module-zip.js";
import type { Answer } from "./test-proxy.js";

const version = "v1.0.0";
const pathOf = (node: number) => `graph.test/m${node}`;

export class ModuleGraph {
  readonly #nodes: number;
  readonly #fanOut: number;

  constructor({ nodes, fanOut }: { nodes: number; fanOut: number }) {
    this.#nodes = nodes;
    this.#fanOut = fanOut;
  }

  /** A module that needs all of them: before Go 1.17 the go command has to read every go.mod. */
  get mod(): string {
    return `module play\n\ngo 1.16\n\nrequire ${pathOf(0)} ${version}\n`;
  }

  /** So that the checksum database is not asked. */
  get sums(): string {
    return Array.from({ length: this.#nodes }, (_, node) => modSum(pathOf(node), version, this.#modOf(node))).join("");
  }

  /** Answers questions for the go.mod of each. */
  readonly answer: Answer = (response, { url = "" }) => {
    const node = Number(url.slice(url.indexOf("/m") + 2, url.indexOf("/@v")));
    response.end(this.#modOf(node));
  };

  #modOf(node: number): string {
    const children = Array.from({ length: this.#fanOut }, (_, index) => node * this.#fanOut + index + 1).filter(
      (child) => child < this.#nodes,
    );
    const requirements = children.map((child) => `\t${pathOf(child)} ${version}\n`).join("");
    return `module ${pathOf(node)}\n\ngo 1.16\n\nrequire (\n${requirements})\n`;
  }
}
