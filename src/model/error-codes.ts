import type { ErrorCode } from './errors.ts';

/** What a code tells whoever meets it, in Markdown; links lead from `docs/reference/`. */
export interface ErrorHelp {
  /** What happened. */
  readonly means: string;
  /** What to do about it. */
  readonly remedy: string;
}

/**
 * The handbook of error codes, of which `docs/reference/error-codes.md` is made. A code without an entry does not
 * compile. Unless its entry says otherwise, Retool was not changed when a command ends with it.
 */
export const errorHelp: Readonly<Record<ErrorCode, ErrorHelp>> = {
  badCommand: {
    means:
      "an unknown option or value; `approve` with a fingerprint that nothing waits under; a file that is there already; a report with an unknown ending; `--approve` with another fingerprint than the plan's",
    remedy: 'see `--help`, and the message',
  },
  configUnreadable: {
    means: 'the configuration is not there or cannot be read',
    remedy: '`retool-bridge init`, or `--config FILE`',
  },
  configInvalid: {
    means: 'something in it is wrong; every problem is listed with line and column',
    remedy: 'correct these lines; [the keys](configuration.md)',
  },
  secretMissing: {
    means: 'a variable or file that is referred to is not set or empty, or a token has blanks in it',
    remedy: 'set it; the value alone, without quotes',
  },
  sourceUnauthorized: {
    means: 'a source refuses the credentials (401) or the permission (403)',
    remedy: '[A source answers 401](../runbook.md#a-source-answers-401)',
  },
  sourceUnreadable: {
    means:
      'no answer after all tries, a server error, throttling, or an id under `scope` that is not there; for a file: it is not there',
    remedy: 'check address and network; run again later',
  },
  sourceInvalid: {
    means:
      'the answer is not what it should be: no JSON, a login page, a redirect, a broken list, one id twice',
    remedy: 'check the address and what stands in between; for a file: write it again, whole',
  },
  sourceEmpty: {
    means: 'a source shows nobody, or no groups where it showed some',
    remedy: 'check scope, permissions and roles',
  },
  targetUnauthorized: {
    means:
      'Retool refuses the token, lacks a scope, or the plan of the organisation does not include the API',
    remedy: '[permissions](../permissions.md#retool)',
  },
  targetUnreadable: {
    means: 'no answer from Retool, a server error, or 429 to the end',
    remedy: 'check `target.baseUrl` and the network; lower `requestsPerMinute`',
  },
  targetInvalid: {
    means: "Retool's answer cannot be used: not JSON, rows that break their schema, a wrong count",
    remedy: 'is `target.baseUrl` Retool itself, and not a page in front of it?',
  },
  targetMoved: {
    means: 'the state belongs to another address than the configuration names',
    remedy: 'another organisation: use another `state`. The same one with a new address: `--moved`, once',
  },
  attributeUndefined: {
    means: 'the mapping writes an attribute that Retool does not define',
    remedy: 'define it under _Settings > User attributes_, or take it out',
  },
  mappingConflict: {
    means: 'two rules contradict: different `access` for one group, or names that differ by case only',
    remedy: 'make the rules agree',
  },
  planUnreadable: {
    means: 'the plan file is not there, is no JSON, or is no plan of this version',
    remedy: '`plan --out FILE` again',
  },
  planEdited: {
    means: 'the fingerprint does not fit the operations',
    remedy: 'make a new plan; plans are not edited',
  },
  planExpired: {
    means: 'the plan is older than 24 hours; or what was to be approved was not held again for a day',
    remedy: 'make a new plan; run `sync`',
  },
  planForeign: {
    means: 'it was made for another target, or scope, mapping or policy changed since',
    remedy: 'make a new plan with this configuration',
  },
  stateLocked: {
    means: 'another run holds the state (exit 5)',
    remedy: '[A lock](../runbook.md#a-lock-exit-5)',
  },
  stateUnreadable: {
    means: 'the state is damaged, or is no state',
    remedy: 'restore a backup; see [A lost state file](../runbook.md#a-lost-state-file)',
  },
  stateTooNew: {
    means: 'a newer version wrote it',
    remedy: 'use that version',
  },
  stateUnwritable: {
    means:
      'no space, read-only, no permission, or another program keeps it busy. In the middle of a run nothing more is sent; **what was sent stands in the journal**, and the next run settles it',
    remedy: 'free space, fix permissions, run again',
  },
  reportUnwritable: {
    means: 'a plan or report could not be written. **The run before it is complete and recorded**',
    remedy: "fix the folder. Do not repeat the run for the report's sake: the next one finds nothing to do",
  },
  portTaken: {
    means: '`sandbox` could not listen',
    remedy: 'another `--port`; three in a row must be free',
  },
  insecureTls: {
    means: '`NODE_TLS_REJECT_UNAUTHORIZED=0` is set',
    remedy: 'unset it; see [network and certificates](../check.md#network-and-certificates)',
  },
  paused: {
    means: 'somebody paused the bridge; the message says who and why',
    remedy: '[Stop everything](../runbook.md#stop-everything)',
  },
  interrupted: {
    means: 'SIGINT or SIGTERM while reading. Later than that a run ends with exit 4 and its record',
    remedy: 'run again',
  },
  internal: {
    means: 'a defect of ours',
    remedy: 'report it with the text; it holds no secret that we know of, but look before you post it',
  },
};
