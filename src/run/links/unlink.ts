import { keyText } from '../../model/desired-state.ts';
import { BridgeError } from '../../model/errors.ts';
import type { LinkChange } from '../../model/links.ts';
import type { Fact, Link, Memory } from '../../model/store.ts';
import { folded } from '../../model/text.ts';
import type { ReconcileParts } from '../parts.ts';
import { memoryOf } from '../plan-input.ts';
import { nameOf } from './list.ts';
import { nextOf, snapshotsWith } from './next.ts';
import { underLock, writeDecision } from './write.ts';

/** Which links are to be undone: of an account, of a group, or all of a source that is gone for good. */
export interface UnlinkOrder {
  readonly target:
    | { readonly type: 'user'; readonly who: string }
    | { readonly type: 'group'; readonly name: string }
    | { readonly type: 'source' };
  /** null: of every source. */
  readonly source: string | null;
  /** The operating system's user. */
  readonly by: string;
}

/**
 * Undoes links on somebody's word. An account or group that loses its last one is released: it is ours no more, and
 * the next plan sees it as one that it has never managed. Asks nobody and sends nothing; needs the run lock. Throws
 * `badCommand` when there is no such link, and for all links of a source that is still configured.
 */
export function unlink(parts: ReconcileParts, order: UnlinkOrder): Promise<LinkChange> {
  return underLock(parts, async () => {
    const memory = memoryOf(parts);
    const links = linksMeant(parts, memory, order);
    const targets = new Map(links.map((link) => [`${link.type} ${link.targetId}`, link]));
    const done = [...targets.values()].flatMap((first) =>
      undo(
        parts,
        memory,
        links.filter((link) => isSameTarget(link, first)),
        order.by,
      ),
    );
    const [only] = targets.values();
    return {
      format: 'retool-bridge/link',
      version: 1,
      done,
      ...(only === undefined || targets.size > 1
        ? { next: null, conflicts: [] }
        : nextFor(parts, memory, only)),
    };
  });
}

function linksMeant(parts: ReconcileParts, memory: Memory, { target, source }: UnlinkOrder): readonly Link[] {
  if (target.type === 'source') return linksOfSource(parts, memory, source);
  const name = target.type === 'user' ? target.who : target.name;
  const links = memory.links.filter(
    (link) =>
      (link.type === target.type || (link.type === 'invite' && target.type === 'user')) &&
      (source === null || link.source === source) &&
      (link.targetId === name || nameOf(link, memory) === (target.type === 'user' ? folded(name) : name)),
  );
  if (links.length > 0) return links;
  throw new BridgeError(
    'badCommand',
    `${name} is linked to nothing${source === null ? '' : ` in ${source}`}`,
    {
      remedy: 'See `retool-bridge links`.',
    },
  );
}

function linksOfSource(
  { mapping }: ReconcileParts,
  { links }: Memory,
  source: string | null,
): readonly Link[] {
  if (source !== null && mapping.precedence.includes(source)) {
    throw new BridgeError('badCommand', `the configuration still has the source ${source}`, {
      remedy: 'Name an account or a group as well, or take the source out of the configuration first.',
    });
  }
  const found = links.filter((link) => link.source === source);
  if (found.length > 0) return found;
  throw new BridgeError('badCommand', `nothing is linked to a source ${source ?? ''}`.trimEnd(), {
    remedy: 'See `retool-bridge links`.',
  });
}

function isSameTarget(link: Link, other: Link): boolean {
  return link.type === other.type && link.targetId === other.targetId;
}

const releases = {
  user: 'accountReleased',
  invite: 'inviteReleased',
  group: 'groupReleased',
} as const satisfies Readonly<Record<Link['type'], Fact['kind']>>;

/** Undoes links of one account, invite or group; returns a sentence for each thing that is true from now on. */
function undo(parts: ReconcileParts, memory: Memory, links: readonly Link[], by: string): readonly string[] {
  const [first] = links;
  if (first === undefined) return [];
  const { type, targetId } = first;
  const name = nameOf(first, memory);
  const kept = memory.links.filter((link) => isSameTarget(link, first)).length - links.length;
  const facts: Fact[] = links.map(({ source, externalId }) => ({
    kind: 'unlinked',
    type,
    source,
    externalId,
  }));
  if (kept === 0) facts.push({ kind: releases[type], id: targetId });
  writeDecision(parts, {
    event: 'unlink',
    subject: { type, key: name, id: targetId },
    keys: links,
    facts,
    by,
  });
  const told = {
    user: `${name} (${targetId})`,
    invite: `the invite of ${name}`,
    group: `the group "${name}"`,
  }[type];
  return [
    ...links.map((link) => `${told} is not linked to ${keyText(link)} any more`),
    ...(kept === 0
      ? [`${told} has no link left and is not managed any more; in Retool nothing changes`]
      : []),
  ];
}

function nextFor(parts: ReconcileParts, memory: Memory, link: Link): Pick<LinkChange, 'next' | 'conflicts'> {
  const current = parts.store.lastReads()?.current;
  if (current === undefined) return { next: null, conflicts: [] };
  const { type, targetId: id } = link;
  const name = nameOf(link, memory);
  const concerned =
    type === 'group'
      ? ({ type, id, name } as const)
      : ({ type: 'user', id: type === 'user' ? id : name } as const);
  return nextOf(parts, concerned, current, snapshotsWith(parts));
}
