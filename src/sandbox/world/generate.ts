import { formGroups } from './groups.ts';
import { DOMAIN, hire } from './people.ts';
import { createRandom } from './random.ts';
import { foundOrganisation, standingOf } from './retool.ts';
import type { World, WorldOptions } from './types.ts';

export { standingOf } from './retool.ts';
export type { Standing } from './retool.ts';
export type * from './types.ts';

/**
 * Invents a company. The same options give the same world on every machine; the time taken grows
 * with the number of people and of groups, not with their product.
 * @throws RangeError when a number of people or groups is not a whole number above zero.
 */
export function generateWorld(options: WorldOptions = {}): World {
  const { users = 200, groups = 20, seed = 1 } = options;
  for (const [name, value] of Object.entries({ users, groups })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`A world needs a whole number of ${name} above zero, not ${value}`);
    }
  }
  const random = createRandom(seed);
  const hires = hire(users, random);
  const formed = formGroups(hires, groups, random);
  const people = hires.map((person, index) => ({
    ...person,
    retoolGroups: formed.retoolGroups.get(index) ?? [],
  }));
  return {
    seed,
    domain: DOMAIN,
    people,
    okta: formed.okta,
    entra: formed.entra,
    retool: foundOrganisation(people, random),
  };
}

/** How many people are where. */
export interface WorldSummary {
  readonly people: number;
  readonly okta: number;
  readonly entra: number;
  /** At both providers under one address. */
  readonly both: number;
  /** Called for by a group for Retool, and able to sign in. */
  readonly active: number;
  /** In a group for Retool, but suspended, deactivated or disabled. */
  readonly inactive: number;
  /** Retool accounts the organisation starts with. */
  readonly accounts: number;
}

/** Counts a world once, for banners and tests. */
export function summariseWorld(world: World): WorldSummary {
  const count = (test: (person: World['people'][number]) => boolean): number =>
    world.people.filter(test).length;
  return {
    people: world.people.length,
    okta: count((person) => person.okta !== null),
    entra: count((person) => person.entra !== null),
    both: count((person) => person.okta !== null && person.entra !== null),
    active: count((person) => standingOf(person) === 'active'),
    inactive: count((person) => standingOf(person) === 'inactive'),
    accounts: world.retool.users.length,
  };
}
