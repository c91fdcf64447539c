/** A table keyed by what clients send: it has no prototype that a key could reach. */
export type Table<T> = Readonly<Record<string, T>>;

export function tableOf<T>(entries: Iterable<readonly [string, T]>): Table<T> {
  const table: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) table[key] = value;
  return table;
}

/** The table with one key set; a key that was there keeps its place. */
export function withKey<T>(table: Table<T>, key: string, value: T): Table<T> {
  return tableOf(new Map(Object.entries(table)).set(key, value));
}

export function withoutKey<T>(table: Table<T>, key: string): Table<T> {
  return tableOf(Object.entries(table).filter(([name]) => name !== key));
}
