import { printable } from './escape.ts';

/** What one of several targets came to. */
export interface TargetPart {
  readonly target: string;
  readonly exitCode: number;
  /** The JSON document that the command prints for one target, or that of an error; null when it printed none. */
  readonly document: string | null;
}

/** One document over several targets, in their order. The parts are JSON already and stay as they are. */
export function targetsJson(parts: readonly TargetPart[]): string {
  const entries = parts.map(
    ({ target, exitCode, document }) =>
      `{"target":${JSON.stringify(target)},"exitCode":${exitCode},"result":${document?.trim() ?? 'null'}}`,
  );
  return `{"format":"retool-bridge/targets","version":1,"targets":[\n${entries.join(',\n')}\n]}\n`;
}

/** What stands over the part of one target. */
export function targetHeading(name: string, baseUrl: string): string {
  return `══ ${printable(name)} · ${printable(baseUrl)} ══\n`;
}
