import path from 'node:path';
import type { ImportFact, SourceFacts } from './source-facts.ts';

/** One breach of one rule. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: Rule;
  readonly text: string;
}

export type Rule =
  | 'imports'
  | 'packages'
  | 'cycles'
  | 'function-length'
  | 'file-length'
  | 'default-export'
  | 'ports'
  | 'uneven-test'
  | 'unfinished'
  | 'local-path';

/**
 * One row of the import table. A place is a path below `src`, `*` standing for one name, and means the file or
 * everything below the folder. The first row that fits a file counts.
 */
export interface ImportRow {
  readonly place: string;
  /** What it may import from our own files, besides its own place. */
  readonly may: readonly string[];
  /** What it may import by `import()` only; naming its types is free. */
  readonly lazily?: readonly string[];
  /** The only packages and Node modules it may import; without this, see the table of packages. */
  readonly outside?: readonly string[];
}

/** Packages (`@scope/*` for all of a scope) that only one place may import. */
export interface PackageRow {
  readonly packages: readonly string[];
  readonly only: string;
}

/** What reaches the world by itself, and the places where it may. */
export interface PortRow {
  readonly port: string;
  readonly names: readonly string[];
  readonly only: readonly string[];
}

/** Violations that are accepted: as many of that rule in that file as counted here. */
export interface Exception {
  readonly file: string;
  readonly rule: Rule;
  readonly count: number;
  readonly why: string;
}

export function describeViolation({ file, line, rule, text }: Violation): string {
  return `${file}:${line} ${rule}: ${text}`;
}

/** Whether `file` (from the checkout) is that place below `src`, or lies in it; gives the part that fits. */
function fit(place: string, file: string): string | undefined {
  const pattern = place.split('*').map((part) => part.replaceAll('.', String.raw`\.`));
  return new RegExp(`^src/(${pattern.join('[^/]+')})(?:/|$)`).exec(file)?.[1];
}

function fitsAny(places: readonly string[], file: string): boolean {
  return places.some((place) => fit(place, file) !== undefined);
}

/** The file that a relative import means; undefined for packages. */
function targetOf(file: string, { specifier }: ImportFact): string | undefined {
  if (specifier === undefined || !specifier.startsWith('.')) return undefined;
  return path.posix.join(path.posix.dirname(file), specifier);
}

/** Keeps the import table among our own files. */
export function checkImports(
  files: readonly SourceFacts[],
  table: readonly ImportRow[],
): readonly Violation[] {
  return files.flatMap((file) => {
    const row = table.find(({ place }) => fit(place, file.path) !== undefined);
    if (row === undefined) {
      return [{ file: file.path, line: 1, rule: 'imports', text: 'lies in no place of the import table' }];
    }
    return file.imports.flatMap((imported) => {
      const text = importFault(file.path, imported, row);
      return text === undefined ? [] : [{ file: file.path, line: imported.line, rule: 'imports', text }];
    });
  });
}

/** The places of the table that no file lies in: a row for them would keep nothing. */
export function emptyPlaces(files: readonly SourceFacts[], table: readonly ImportRow[]): readonly string[] {
  return table
    .map(({ place }) => place)
    .filter((place) => !files.some((file) => fitsAny([place], file.path)));
}

function importFault(file: string, imported: ImportFact, row: ImportRow): string | undefined {
  if (imported.specifier === undefined) return 'import() of a computed name: the import table cannot be kept';
  const target = targetOf(file, imported);
  if (target === undefined) return outsideFault(imported.specifier, row);
  const own = fit(row.place, file);
  if (own !== undefined && fit(row.place, target) === own) return undefined;
  if (fitsAny(row.lazily ?? [], target)) {
    return imported.how === 'static' ? `${row.place} loads ${target} by import() only` : undefined;
  }
  if (fitsAny(row.may, target)) return undefined;
  const may = [...row.may, ...(row.lazily ?? []).map((place) => `${place} by import()`)].join(', ');
  return `${row.place} may not import ${target}; it may: ${may || 'nothing'}`;
}

function outsideFault(specifier: string, row: ImportRow): string | undefined {
  if (row.outside === undefined || row.outside.includes(packageOf(specifier))) return undefined;
  return `${row.place} may not import ${specifier}; it may: ${row.outside.join(', ') || 'no package'}`;
}

/** The package of an import such as `zod/v4` or `@okta/sdk/lib/x.js`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Keeps each package in the place that wraps it. */
export function checkPackages(
  files: readonly SourceFacts[],
  table: readonly PackageRow[],
): readonly Violation[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ specifier, line }) => {
      if (specifier === undefined || specifier.startsWith('.')) return [];
      const name = packageOf(specifier);
      const row = table.find(
        ({ packages }) => packages.includes(name) || packages.includes(`${name.split('/')[0]}/*`),
      );
      if (row === undefined || fit(row.only, file.path) !== undefined) return [];
      return [
        { file: file.path, line, rule: 'packages', text: `${name} is for src/${row.only} only` } as const,
      ];
    }),
  );
}

/** Finds import cycles. Types do not count: they are gone when the program runs. */
export function checkCycles(files: readonly SourceFacts[]): readonly Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const violations: Violation[] = [];
  function follow(file: SourceFacts, trail: readonly string[]): void {
    if (finished.has(file.path)) return;
    for (const imported of file.imports) {
      const target = imported.how === 'type' ? undefined : targetOf(file.path, imported);
      if (target === undefined) continue;
      const start = [...trail, file.path].indexOf(target);
      if (start !== -1) {
        const text = [...trail.slice(start), file.path, target].join(' → ');
        violations.push({ file: file.path, line: imported.line, rule: 'cycles', text });
        continue;
      }
      const next = byPath.get(target);
      if (next !== undefined) follow(next, [...trail, file.path]);
    }
    finished.add(file.path);
  }
  for (const file of files) follow(file, []);
  return violations;
}

export function checkFunctionLength(files: readonly SourceFacts[], most: number): readonly Violation[] {
  return files.flatMap((file) =>
    file.functions
      .filter(({ lines }) => lines > most)
      .map(({ line, name, lines }) => ({
        file: file.path,
        line,
        rule: 'function-length',
        text: `${name} has ${lines} lines, ${most} are allowed`,
      })),
  );
}

export function checkFileLength(files: readonly SourceFacts[], most: number): readonly Violation[] {
  return files
    .filter(({ lines }) => lines > most)
    .map(({ path: file, lines }) => ({
      file,
      line: most + 1,
      rule: 'file-length',
      text: `has ${lines} lines, ${most} are allowed`,
    }));
}

export function checkDefaultExports(files: readonly SourceFacts[]): readonly Violation[] {
  return files.flatMap((file) =>
    file.defaultExports.map(({ line }) => ({
      file: file.path,
      line,
      rule: 'default-export',
      text: 'export it under a name',
    })),
  );
}

/** Keeps clock, randomness, waiting, network and the like at the edge of the program. */
export function checkPorts(files: readonly SourceFacts[], table: readonly PortRow[]): readonly Violation[] {
  return files.flatMap((file) =>
    file.globals.flatMap(({ name, line }) => {
      const row = table.find(({ names }) =>
        names.some((known) => name === known || name.startsWith(`${known}.`)),
      );
      if (row === undefined || fitsAny(row.only, file.path)) return [];
      const places = row.only.map((place) => `src/${place}`).join(', ') || 'nowhere';
      const text = `${name}: ${row.port} comes in as an argument; taken from the platform only in: ${places}`;
      return [{ file: file.path, line, rule: 'ports', text } as const];
    }),
  );
}

/** Finds tests that run alone or not at all. */
export function checkUnevenTests(files: readonly SourceFacts[]): readonly Violation[] {
  return files.flatMap((file) =>
    file.unevenTests.map(({ line, name }) => ({ file: file.path, line, rule: 'uneven-test', text: name })),
  );
}

// Written so that this line does not find itself.
const unfinished = /\b(T[O]DO|FIX[M]E)\b/;
const localPath = /(?:^|[\s"'`(=:])((?:\/(?:home|Users)\/[\w.-]+\/|\/(?:root|work)\/|[A-Z]:\\)[\w.-]+)/;

/** Finds notes of unfinished work and paths of somebody's machine, in any text file. */
export function checkText(file: string, text: string): readonly Violation[] {
  return text.split('\n').flatMap((content, index) => {
    const line = index + 1;
    const note = unfinished.exec(content)?.[1];
    const place = localPath.exec(content)?.[1];
    return [
      ...(note === undefined ? [] : [{ file, line, rule: 'unfinished', text: note } as const]),
      ...(place === undefined ? [] : [{ file, line, rule: 'local-path', text: place } as const]),
    ];
  });
}

/** What is left of `violations` after the exceptions; an exception that no longer counts right is told as well. */
export function withoutExceptions(
  violations: readonly Violation[],
  exceptions: readonly Exception[],
): readonly string[] {
  const covers = (exception: Exception, violation: Violation): boolean =>
    exception.file === violation.file && exception.rule === violation.rule;
  const left = violations.filter(
    (violation) => !exceptions.some((exception) => covers(exception, violation)),
  );
  const wrong = exceptions.flatMap((exception) => {
    const { file, rule, count } = exception;
    const found = violations.filter((violation) => covers(exception, violation));
    if (found.length === count) return [];
    const told = `${file} exception: ${count} of ${rule} are accepted, ${found.length} found`;
    return [told, ...found.map(describeViolation)];
  });
  return [...left.map(describeViolation), ...wrong];
}
