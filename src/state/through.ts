/** The same methods, each called through `use`: which checks that the state is open and says what failed about it. */
export function through<Part extends object>(use: <Result>(work: () => Result) => Result, part: Part): Part {
  const methods = Object.entries(part).map(([name, method]) => [
    name,
    (...args: readonly unknown[]) => use(() => (method as (...args: readonly unknown[]) => unknown)(...args)),
  ]);
  // Every property of a part is a method, and keeps its name.
  return Object.fromEntries(methods) as Part;
}
