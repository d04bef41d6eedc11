// Counts of n-grams as a tree in typed arrays: node 0 is the empty context, the child of a context by a
// token is the n-gram that ends in it, and at the same time a longer context.

/** A hash of the pair by two odd multipliers and a final mix. */
function hashPair(node: number, token: number): number {
  let h = Math.imul(node, 0x9e3779b1) ^ Math.imul(token + 1, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Counts of all n-grams up to an order. */
export class NgramTable {
  /** Times the n-gram of a node was seen. [nodes] */
  readonly occurrences: Int32Array;
  /** Tokens seen after a node: sum of its children's occurrences. [nodes] */
  readonly followers: Int32Array;
  /** Distinct tokens seen after a node. [nodes] */
  readonly distinct: Int32Array;
  readonly #order: number;
  readonly #depth: Uint8Array;
  readonly #parent: Int32Array;
  readonly #token: Int32Array;
  readonly #slots: Int32Array;
  #nodes = 1;

  /** @param capacity upper bound of distinct n-grams of all lengths */
  constructor(order: number, capacity: number) {
    this.#order = order;
    this.occurrences = new Int32Array(capacity + 1);
    this.followers = new Int32Array(capacity + 1);
    this.distinct = new Int32Array(capacity + 1);
    this.#depth = new Uint8Array(capacity + 1);
    this.#parent = new Int32Array(capacity + 1);
    this.#token = new Int32Array(capacity + 1);
    let slots = 16;
    while (slots < 2 * capacity) slots *= 2;
    this.#slots = new Int32Array(slots).fill(-1);
  }

  /** The child of a node by a token, -1 if never seen. */
  find(node: number, token: number): number {
    return this.#slots[this.#slotOf(node, token)];
  }

  /**
   * Counts a token after each of the contexts and moves these on by it.
   * @param contexts nodes of the contexts of length 0 to order - 1, -1 for those not there yet
   */
  count(contexts: Int32Array, token: number): void {
    let shorter = 0;
    for (let k = 0; k < this.#order; k++) {
      const node = contexts[k];
      contexts[k] = shorter;
      if (node === -1) return;
      shorter = this.#child(node, token);
      this.occurrences[shorter] += 1;
      this.followers[node] += 1;
    }
  }

  /** Calls `visit` with the length and the occurrences of each n-gram. */
  forEachNgram(visit: (depth: number, occurrences: number) => void): void {
    for (let node = 1; node < this.#nodes; node++) visit(this.#depth[node], this.occurrences[node]);
  }

  #slotOf(node: number, token: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashPair(node, token) & mask;
    for (;;) {
      const child = this.#slots[slot];
      if (child === -1 || (this.#parent[child] === node && this.#token[child] === token)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #child(node: number, token: number): number {
    const slot = this.#slotOf(node, token);
    if (this.#slots[slot] !== -1) return this.#slots[slot];
    const child = this.#nodes++;
    this.#slots[slot] = child;
    this.#parent[child] = node;
    this.#token[child] = token;
    this.#depth[child] = this.#depth[node] + 1;
    this.distinct[node] += 1;
    return child;
  }
}
