interface Entry<T> {
  item: T;
  bytes: number;
}

interface Reader<T> {
  resolve: (result: IteratorResult<T, undefined>) => void;
  reject: (error: Error) => void;
}

/**
 * What waits to be read, in order, and how it ended. To leave a loop over it
 * changes nothing: the next loop goes on where that one stopped.
 *
 * Errors: the one it was ended with, thrown to every reader after the last
 *   item.
 * Memory: `maxBytes` and what one writer puts without waiting for room.
 */
export class Mailbox<T> implements AsyncIterable<T> {
  readonly #maxBytes: number;
  readonly #entries: Entry<T>[] = [];
  readonly #readers: Reader<T>[] = [];
  #bytes = 0;
  #roomFor: (() => void) | undefined;
  #end: { error: Error | undefined } | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** After the end nothing happens. */
  put(item: T, bytes: number): void {
    if (this.#end) return;
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve({ value: item, done: false });
      return;
    }
    this.#entries.push({ item, bytes });
    this.#bytes += bytes;
  }

  /** Throws away what waits. */
  clear(): void {
    this.#entries.length = 0;
    this.#bytes = 0;
    this.#tellRoom();
  }

  /** For one waiting writer. Also resolved by the end. */
  room(): Promise<void> {
    if (this.#hasRoom()) return Promise.resolve();
    return new Promise((resolve) => (this.#roomFor = resolve));
  }

  /** The first end counts. */
  end(error?: Error): void {
    if (this.#end) return;
    this.#end = { error };
    this.#tellRoom();
    for (const reader of this.#readers.splice(0)) {
      this.#tellEnd().then(reader.resolve, reader.reject);
    }
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const entry = this.#entries.shift();
    if (entry) {
      this.#bytes -= entry.bytes;
      if (this.#hasRoom()) this.#tellRoom();
      return Promise.resolve({ value: entry.item, done: false });
    }
    if (this.#end) return this.#tellEnd();
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.next() };
  }

  #hasRoom(): boolean {
    return this.#bytes < this.#maxBytes || this.#end !== undefined;
  }

  #tellRoom(): void {
    this.#roomFor?.();
    this.#roomFor = undefined;
  }

  #tellEnd(): Promise<IteratorResult<T, undefined>> {
    const error = this.#end?.error;
    if (error) return Promise.reject(error);
    return Promise.resolve({ value: undefined, done: true });
  }
}
