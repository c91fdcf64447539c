import type { RunRecord } from '../../../src/model/outcome.ts';
import { planJson } from '../../../src/report/json.ts';
import { parsePlan } from '../../../src/run/plan-file.ts';
import { rollback } from '../../../src/run/rollback.ts';
import type { InProcess } from '../../support/bridge.ts';

/** The plan that undoes a run. */
export const planUndo = (bridge: InProcess, id = 'last', email: string | null = null): Promise<RunRecord> =>
  rollback(bridge.parts(), { id, email }, new AbortController().signal);

/** Saves the plan and applies the file, as people do. */
export async function undo(bridge: InProcess, id = 'last', email: string | null = null): Promise<RunRecord> {
  const saved = planJson((await planUndo(bridge, id, email)).plan);
  const read = parsePlan(saved, 'rollback.json');
  return bridge.run({ kind: 'apply', target: 'mustMatch', plan: read, approve: read.fingerprint });
}

/** What Retool holds, but for ids. */
export interface Held {
  readonly users: Readonly<Record<string, object>>;
  readonly groups: Readonly<Record<string, object>>;
}

export function held({ retool }: InProcess): Held {
  const { users, groups } = retool.state();
  const emailOf = new Map(users.map(({ id, email }) => [id, email]));
  return {
    users: Object.fromEntries(
      users.map(({ email, first_name, last_name, active, metadata, user_type }) => [
        email,
        { first_name, last_name, active, metadata, user_type },
      ]),
    ),
    groups: Object.fromEntries(
      groups
        .filter(({ name }) => name !== 'All Users')
        .map(({ id: _id, memberIds, adminIds, inviteIds: _invites, ...settings }) => [
          settings.name,
          {
            ...settings,
            members: memberIds.map((id) => emailOf.get(id)).toSorted(),
            admins: adminIds.map((id) => emailOf.get(id)).toSorted(),
          },
        ]),
    ),
  };
}
