/**
 * A secret by reference: its text is reachable only through `reveal`, so that printing, logging or
 * serialising whatever holds it shows where it came from and never what it is.
 */
export class Secret {
  readonly #text: string;
  /** Where it was read from, for messages: `environment variable OKTA_API_TOKEN`, `file /run/secrets/x`. */
  readonly origin: string;

  constructor(text: string, origin: string) {
    this.#text = text;
    this.origin = origin;
  }

  /** The text itself; call it where it is sent and nowhere else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return `[secret from ${this.origin}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
