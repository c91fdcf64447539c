import { BridgeError } from '../../model/errors.ts';
import { linkChangeJson, linkChangeText, linksJson, linksText } from '../../report/links.ts';
import { link as linkTo } from '../../run/links/link.ts';
import { linksOf } from '../../run/links/list.ts';
import { unlink as undoLink, type UnlinkOrder } from '../../run/links/unlink.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { operator } from '../operator.ts';
import type { CommonOptions } from '../options.ts';
import { inSession, inState } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `links [WHO]`: which record leads to which account, and which source group to which group. */
export async function links(terminal: Terminal, options: CommonOptions, who: string): Promise<ExitCode> {
  return inState(options, 'read', ({ store, config }) => {
    const rows = linksOf(store, config.mapping.precedence, who === '' ? null : who);
    terminal.out(terminal.json ? linksJson(rows) : linksText(rows));
    return exitCodes.ok;
  });
}

export interface LinkOptions extends CommonOptions {
  readonly source: string;
  readonly id: string;
  readonly group?: string;
}

/** `link EMAIL --source S --id X`: says whose account it is, where the bridge may not guess. */
export async function link(terminal: Terminal, options: LinkOptions, who: string): Promise<ExitCode> {
  const target = targetOf(who, options.group);
  if (target === null)
    throw new BridgeError('badCommand', 'say what to link', { remedy: 'Give an address, or --group NAME.' });
  return inSession(terminal, options, async ({ parts }) => {
    const order = { target, source: options.source, externalId: options.id, by: operator() };
    const change = await linkTo(parts, order, terminal.signal);
    terminal.out(terminal.json ? linkChangeJson(change) : linkChangeText(change));
    return exitCodes.ok;
  });
}

/** `unlink EMAIL | --group NAME | --source S`: undoes links; in Retool nothing changes by it. */
export async function unlink(
  terminal: Terminal,
  options: CommonOptions & { readonly source?: string; readonly group?: string },
  who: string,
): Promise<ExitCode> {
  const { source = null, group } = options;
  const named = targetOf(who, group);
  if (named === null && source === null)
    throw new BridgeError('badCommand', 'say what to unlink', {
      remedy: 'Give an address, --group NAME, or --source of a source that is gone.',
    });
  const target: UnlinkOrder['target'] = named ?? { type: 'source' };
  return inSession(terminal, options, async ({ parts }) => {
    const change = await undoLink(parts, { target, source, by: operator() });
    terminal.out(terminal.json ? linkChangeJson(change) : linkChangeText(change));
    return exitCodes.ok;
  });
}

function targetOf(
  who: string,
  group: string | undefined,
): Exclude<UnlinkOrder['target'], { type: 'source' }> | null {
  if (who !== '' && group !== undefined)
    throw new BridgeError('badCommand', 'an account and a group are named at once', {
      remedy: 'Name one of them.',
    });
  if (group !== undefined) return { type: 'group', name: group };
  return who === '' ? null : { type: 'user', who };
}
