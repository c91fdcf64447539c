import { z } from 'zod';
import { DurationKey, Percent } from './scalars.ts';

/** What a limit on taking access away may be at most: above it there would be no limit to speak of. */
const mostTakenCount = 1_000;
const mostTakenPercent = 50;

const approve = 'to let more through, approve the one plan that needs it (apply --approve)';

function takenCount(fallback: number, description: string): z.ZodPrefault<z.ZodInt> {
  const error = `expected a count of at most ${mostTakenCount}; ${approve}`;
  return z.int().min(0).max(mostTakenCount, { error }).prefault(fallback).meta({ description });
}

function takenPercent(fallback: number, description: string): z.ZodPrefault<z.ZodNumber> {
  const error = `expected a percentage of at most ${mostTakenPercent}; ${approve}`;
  return z.number().min(0).max(mostTakenPercent, { error }).prefault(fallback).meta({ description });
}

function count(fallback: number): z.ZodPrefault<z.ZodInt> {
  return z.int().min(0).prefault(fallback).meta({ description: 'How many a run may have in any case.' });
}

function percent(fallback: number): z.ZodPrefault<z.ZodNumber> {
  return z
    .number()
    .min(0)
    .max(100)
    .prefault(fallback)
    .meta({ description: 'How many a run may have, in percent of what the bridge manages.' });
}

const disables = z
  .strictObject({
    count: takenCount(3, 'How many accounts a run may disable in any case.'),
    percent: takenPercent(5, 'How many accounts a run may disable, in percent of the managed ones.'),
    most: takenCount(500, 'Never more than this, whatever the percentage comes to.'),
  })
  .prefault({})
  .meta({ description: 'Accounts disabled and invites revoked.' });

const removals = z
  .strictObject({
    count: takenCount(10, 'How many memberships a run may remove in any case.'),
    percent: takenPercent(10, 'How many memberships a run may remove, in percent of the managed ones.'),
    perGroupCount: takenCount(5, 'How many members one group may lose in any case.'),
    perGroupPercent: takenPercent(30, 'How many members one group may lose, in percent of the managed ones.'),
  })
  .prefault({})
  .meta({ description: 'Memberships and access removed.' });

/** `guard`: a class trips at MORE than max(count, percent); what is left out keeps its default. */
export const Guard = z
  .strictObject({
    disables,
    removals,
    creates: z
      .strictObject({ count: count(50), percent: percent(20) })
      .prefault({})
      .meta({
        description: 'Accounts and groups created. A first run that creates more is held, too: approve it.',
      }),
    invites: z
      .strictObject({ count: count(50) })
      .prefault({})
      .meta({ description: 'Invites sent.' }),
    updates: z
      .strictObject({ count: count(50), percent: percent(30) })
      .prefault({})
      .meta({ description: 'Accounts, attributes and groups changed.' }),
    windows: z
      .record(DurationKey, Percent)
      .prefault({})
      .meta({
        description:
          'What applied runs may take away within a rolling window, in percent: disables and removals, at MORE than max(2 x count, percent). The defaults are 24h: 10% and 7d: 25%.',
        examples: [{ '24h': '10%', '7d': '25%' }],
      }),
  })
  .prefault({})
  .meta({
    description:
      'Limits that hold a plan until it is approved: each trips at MORE than the larger of count and percent.',
  });

/** The windows that hold when the configuration does not say otherwise, by their names, in percent. */
export const defaultWindows: Readonly<Record<string, number>> = { '24h': 10, '7d': 25 };
