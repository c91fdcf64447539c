import { beforeAll, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { openEntra, type Setting } from './source-benches.ts';
import {
  answer,
  cut,
  hang,
  healthy,
  loginPage,
  redirect,
  reset,
  stall,
  times,
  truncated,
  where,
  type Fault,
} from './source-faults.ts';
import { contentOf, liesOf, never, outcomeOf, told } from './source-outcome.ts';
import { contractWorld } from './source-worlds.ts';

/*
 * What every source must do that can go on from its last read: say what reading everything says, and never let a
 * fault on the way look like somebody's absence.
 */

type Opened = ReturnType<typeof openEntra>;

/** A source that reads changes. */
interface ChangesBench {
  readonly name: string;
  readonly open: (setting?: Setting) => Opened;
  /** Reads that come before the first one that reads changes only. */
  readonly readsBefore: number;
  /** The calls of a read when nothing has changed. */
  readonly callsWithoutChange: number;
  /** The paths that such a read asks for, and those that it asks for again because of `change`. */
  readonly places: readonly (readonly [name: string, path: RegExp])[];
  /** Joiners, leavers and movers, of people and groups. */
  readonly change: (opened: Opened) => void;
}

const world = contractWorld();
const [firstGroup, secondGroup] = world.entra.groups.toSorted(
  (one, other) => other.users.length - one.users.length,
);

const entraBench: ChangesBench = {
  name: 'entra',
  open: openEntra,
  readsBefore: 2,
  callsWithoutChange: 2,
  places: [
    ['the round of people', /^\/v1\.0\/users\/delta$/],
    ['the round of groups', /^\/v1\.0\/groups\/delta$/],
    ['people asked for again', /^\/v1\.0\/users$/],
    ['a person asked for again', /^\/v1\.0\/users\/(?!delta)[^/]+$/],
    ['a group asked for again', /^\/v1\.0\/groups\/(?!delta)[^/]+$/],
    ['a list read again', /^\/v1\.0\/groups\/[^/]+\/members$/],
  ],
  change({ admin }) {
    const [leaver = '', disabled = '', mover = ''] = firstGroup?.users ?? [];
    admin.deleteUser(leaver);
    admin.disableUser(disabled);
    admin.removeMember(firstGroup?.id ?? '', mover);
    admin.addMember(secondGroup?.id ?? '', mover);
    admin.addMember(secondGroup?.id ?? '', admin.createUser({ userPrincipalName: 'joiner@acme.com' }));
    admin.renameGroup(secondGroup?.id ?? '', 'Renamed');
  },
};

const passing: readonly (readonly [name: string, fault: () => Fault])[] = [
  ['a connection reset', () => times(1, reset)],
  ['two server errors', () => times(2, answer(503))],
  ['too many requests', () => times(1, answer(429, '{}', { 'retry-after': '20' }))],
  ['silence', () => times(1, hang)],
  ['a body that is cut', () => times(1, cut)],
  ['a body that stalls', () => times(1, stall)],
];

const json = { 'content-type': 'application/json' };
const lasting: readonly (readonly [name: string, fault: Fault])[] = [
  ['connections reset', reset],
  ['silence', hang],
  ['server errors', answer(500)],
  ['bodies that are cut', cut],
  ['throttling', answer(429)],
  ['refused credentials', answer(401)],
  ['forbidden access', answer(403)],
  ['not found', answer(404)],
  ['bad requests', answer(400)],
  ['a login page', loginPage],
  ['a redirect', redirect],
  ['JSON that ends too soon', truncated],
  ['null', answer(200, 'null', json)],
  ['an empty object', answer(200, '{}', json)],
  ['an empty list', answer(200, '{"value":[]}', json)],
  ['nothing', answer(200, '', json)],
];

describe.each([entraBench])('the source $name, which goes on from its last read,', (bench) => {
  /** Opens a source, lets it get to reading changes, and changes something; `fault` sits on the wire from then on. */
  async function changed(fault: Fault = healthy) {
    const wire = { fault: healthy };
    const opened = bench.open({ fault: (request, pass) => wire.fault(request, pass) });
    let baseline: Snapshot | null = null;
    for (let read = 0; read < bench.readsBefore; read += 1)
      baseline = await opened.source.read(never, undefined, baseline);
    const before = opened.seen.length;
    bench.change(opened);
    wire.fault = fault;
    return { ...opened, baseline, asked: () => opened.seen.slice(before) };
  }

  let clean: Snapshot;

  beforeAll(async () => {
    const { source } = await changed();
    clean = await source.read(never);
  });

  test('says what reading everything says, for fewer calls', async () => {
    const { source, baseline, asked } = await changed();
    const changes = await source.read(never, undefined, baseline);
    expect(contentOf(changes)).toEqual(contentOf(clean));
    expect(changes.calls).toBe(asked().length);
    for (const [, path] of bench.places)
      expect(asked().filter(({ url }) => path.test(new URL(url).pathname))).not.toEqual([]);
  });

  test('says the same again when nothing has changed, for the fewest calls', async () => {
    const { source, baseline } = await changed();
    const changes = await source.read(never, undefined, baseline);
    const again = await source.read(never, undefined, changes);
    expect(contentOf(again)).toEqual(contentOf(changes));
    expect(again.calls).toBe(bench.callsWithoutChange);
    expect(again.cursor?.fullReadAt).toBe(baseline?.cursor?.fullReadAt);
  });

  test('goes on from one baseline twice, as when a run was lost', async () => {
    const { source, baseline } = await changed();
    const first = await source.read(never, undefined, baseline);
    expect(contentOf(await source.read(never, undefined, baseline))).toEqual(contentOf(first));
  });

  describe.each(bench.places)('with a fault at %s', (_, path) => {
    const at = (fault: Fault): Fault => where((url) => path.test(url.pathname), fault);

    test.each(passing)('loses nothing to %s', async (_, fault) => {
      const { source, baseline } = await changed(at(fault()));
      expect(contentOf(await source.read(never, undefined, baseline))).toEqual(contentOf(clean));
    });

    test.each(lasting)('hides nothing of %s', async (_, fault) => {
      const { source, baseline } = await changed(at(fault));
      const outcome = await outcomeOf(source, baseline);
      expect(liesOf(outcome, clean)).toEqual([]);
      // What can be gone on from is all that there is.
      const isWhole = outcome.state === 'read' && outcome.snapshot.cursor !== undefined;
      expect(isWhole ? told(outcome) : contentOf(clean)).toEqual(contentOf(clean));
    });

    test('never leaves a request without an end when it is called off', async () => {
      const stop = new AbortController();
      const fault: Fault = (request, pass) => {
        stop.abort('enough');
        return hang(request, pass);
      };
      const { source, baseline } = await changed(at(fault));
      await expect(source.read(stop.signal, undefined, baseline)).rejects.toBe('enough');
    });
  });
});
