import type { SourceKey } from '../model/desired-state.ts';

/*
 * Which command settles a conflict, as the conflict says it. Nothing is settled without somebody's word.
 */

/** For an account that belongs to this record by what a person knows. */
export function linkCommand(email: string, key: SourceKey | undefined): string {
  if (key === undefined) return `retool-bridge link ${email}`;
  return `retool-bridge link ${email} --source ${key.source} --id ${quoted(key.externalId)}`;
}

/** For a source group that takes over what another of the same name fed. */
export function linkGroupCommand(name: string, key: SourceKey | undefined): string {
  const feed = key === undefined ? '' : ` --source ${key.source} --id ${quoted(key.externalId)}`;
  return `retool-bridge link --group ${quoted(name)}${feed}`;
}

/** For a link that is wrong. */
export function unlinkCommand(who: string, source: string | null = null): string {
  return `retool-bridge unlink ${who}${source === null ? '' : ` --source ${source}`}`;
}

/** As a shell takes it: what is more than letters, digits and a few signs stands in single quotes. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
