// Values that take long to make.

/** Values made once for each key. */
export class Once<T> {
  readonly #made = new Map<string, Promise<T>>();

  get(key: string, make: () => Promise<T>): Promise<T> {
    let value = this.#made.get(key);
    if (value === undefined) {
      value = make();
      this.#made.set(key, value);
    }
    return value;
  }

  values(): Promise<T[]> {
    return Promise.all(this.#made.values());
  }
}
