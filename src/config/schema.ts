import { z } from 'zod';
import { BaseUrl, StateAddress } from './addresses.ts';
import { cronProblem } from './cron.ts';
import { Address, Duration, notYet, SecretValue, Text, TimeZone } from './scalars.ts';
import { Guard } from './schema-guard.ts';
import { Mapping, MappingOver } from './schema-mapping.ts';

const Target = z
  .strictObject({
    baseUrl: BaseUrl.meta({
      description: 'The address at which you open Retool; /api/v2 is added when it is missing.',
      examples: ['https://acme.retool.com'],
    }),
    token: SecretValue.meta({ description: 'The Retool API token, by reference.' }),
    requestsPerMinute: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(45)
      .meta({ description: 'How many requests the bridge sends to Retool in any 60 seconds, at most.' }),
    settle: Duration.prefault('30s').meta({
      description:
        'A write whose answer was lost is judged only by a read begun this long after it was sent.',
      examples: ['30s'],
    }),
    seats: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .meta({
        description:
          'How many seats the organisation has. A plan that needs more says so; nothing is held for it.',
        examples: [500],
      }),
  })
  .meta({ description: 'The Retool organisation.' });

const LeaverAnswer = z.enum(['disable', 'keep']);

/** A grace gets an answer of its own instead of "expected disable or keep". */
const ImmediateAnswer = z.enum(['disable', 'keep'], {
  error: ({ input }) =>
    isGrace(input) ? 'whoever is inactive gets no grace; expected "disable" or "keep" alone' : undefined,
});

function isGrace(input: unknown): boolean {
  return typeof input === 'object' && input !== null && Object.hasOwn(input, 'after');
}

const LeaverWithGrace = z.union([
  LeaverAnswer,
  z.strictObject({
    after: Duration.meta({ description: 'How long after it was first seen.', examples: ['7d'] }),
    // oxlint-disable-next-line unicorn/no-thenable -- the name of the key is given, and nobody awaits a schema
    then: z.literal('disable').meta({ description: 'What happens then.' }),
  }),
]);

const Leavers = z
  .union([
    LeaverAnswer,
    z.strictObject({
      inactive: ImmediateAnswer.meta({
        description: 'The source says that the person is not active.',
      }),
      gone: LeaverWithGrace.meta({
        description: 'The person is proved to be absent from the source.',
      }),
      outOfScope: LeaverWithGrace.meta({
        description: 'The person is there, and mapping.scope is not true.',
      }),
    }),
  ])
  .meta({
    description: 'What happens to accounts of people who left: all at once, or by reason.',
    examples: [
      'disable',
      // oxlint-disable-next-line unicorn/no-thenable -- as above
      { inactive: 'disable', gone: 'disable', outOfScope: { after: '7d', then: 'disable' } },
    ],
  });

const Protect = z
  .strictObject({
    users: z
      .array(Address)
      .prefault([])
      .meta({ description: 'Accounts that are never written to: break-glass accounts.' }),
    groups: z.array(Text).prefault([]).meta({
      description: 'Retool groups that are never written to. admin, editor, viewer and All Users never are.',
    }),
    admins: z
      .int()
      .min(0)
      .prefault(2)
      .meta({ description: 'Nothing lowers the number of active admins below this.' }),
    allow: z
      .array(z.enum(['admin', 'editor', 'viewer']))
      .prefault([])
      .meta({ description: 'Built-in groups that the bridge may manage after all.' }),
  })
  .prefault({})
  .meta({ description: 'What the bridge never writes to.' });

const Schedule = z
  .strictObject({
    cron: z
      .string()
      .superRefine((text, context) => {
        const message = cronProblem(text);
        if (message !== null) context.addIssue({ code: 'custom', message });
      })
      .prefault('*/15 * * * *')
      .meta({ description: 'Five cron fields, or six with seconds first.', examples: ['*/15 * * * *'] }),
    timezone: TimeZone.prefault('Etc/UTC').meta({ description: 'The IANA time zone that cron is read in.' }),
    fullReadEvery: Duration.prefault('24h').meta({
      description: 'How often sources are read whole, at least.',
    }),
  })
  .prefault({})
  .meta({ description: 'When serve runs.' });

const ReportsFolder = Text.meta({ description: 'Where reports are written.' });

const ReportFormats = z
  .array(z.enum(['html', 'json', 'markdown', 'text', 'csv']))
  .refine((formats) => new Set(formats).size === formats.length, { error: 'expected each format once' })
  .meta({ description: 'Which reports are written of a run that changed something, is held or failed.' });

const Reports = z
  .strictObject({
    directory: ReportsFolder.prefault('./reports'),
    formats: ReportFormats.prefault(['html', 'json']),
  })
  .prefault({})
  .meta({ description: 'Reports of runs.' });

const ReportsOver = z
  .strictObject({ directory: ReportsFolder.optional(), formats: ReportFormats.optional() })
  .meta({
    description:
      "Laid over the shared reports. Without a directory here, they lie in a folder of the target's name below the shared one.",
  });

const Names = z
  .strictObject({
    tooLong: z
      .enum(['cut', 'skip'])
      .prefault('cut')
      .meta({ description: 'A name of over 36 characters is cut, or its person is skipped.' }),
    blank: z.enum(['fromEmail', 'skip']).prefault('fromEmail').meta({
      description: 'A blank name is made from the display name or the address, or its person is skipped.',
    }),
  })
  .prefault({})
  .meta({ description: 'What happens to names that Retool would not take.' });

const Retention = z
  .strictObject({
    reports: Duration.optional().meta({ description: 'Report files, and the run history in the state.' }),
    people: Duration.optional().meta({
      description:
        'What names people and serves no run any more: settled operations, held plans, audit names.',
    }),
    audit: Duration.optional().meta({ description: 'The audit chain, from its beginning.' }),
  })
  .prefault({})
  .meta({
    description:
      'How long things are kept; every run removes what is older. What is left out is kept for ever.',
    examples: [{ reports: '90d', people: '30d', audit: '400d' }],
  });

/** What happens to people without an account, and to what they ask for. */
const joining = {
  provision: z.enum(['users', 'invites']).prefault('users').meta({
    description:
      'How whoever needs an account gets one: it is created, or the person is invited and makes it by claiming the invite. A group rule may say otherwise.',
  }),
  invites: z
    .strictObject({
      reissue: z.int().min(0).max(100).prefault(2).meta({
        description: 'How often an invite that ran out (Retool: after 7 days) is sent again.',
      }),
      again: z.enum(['never', 'always']).prefault('never').meta({
        description:
          'Whether somebody whose invite was revoked, deleted or never claimed is invited again. With never, `unlink` allows it for one person.',
      }),
    })
    .prefault({})
    .meta({ description: 'How invites are handled.' }),
  accessRequests: z
    .strictObject({
      inScope: z.enum(['approve', 'leave']).prefault('leave').meta({
        description: 'What happens to access requests of people in scope.',
      }),
      outOfScope: z.enum(['deny', 'leave']).prefault('leave').meta({
        description: 'What happens to those of people who are known to be out of scope, or to no source.',
      }),
    })
    .prefault({})
    .meta({ description: 'How access requests are answered.' }),
  onEmailChange: z.enum(['report', 'replace']).prefault('report').meta({
    description:
      'What happens when an address changes at its source, which Retool cannot follow: it is reported, or a new account takes the place of the old one. Replacing needs an approval.',
  }),
  dormant: z
    .strictObject({
      after: Duration.meta({ description: 'How long after the last sign-in.', examples: ['90d'] }),
      // oxlint-disable-next-line unicorn/no-thenable -- as in leavers
      then: z.enum(['report', 'disable']).prefault('report').meta({
        description: 'Whether the account is only reported, or disabled.',
      }),
    })
    .optional()
    .meta({
      description: 'What happens to accounts that their people no longer use. Left out, nothing.',
      // oxlint-disable-next-line unicorn/no-thenable -- as in leavers
      examples: [{ after: '90d', then: 'report' }],
    }),
  attributeDefinitions: z.enum(['never', 'missing']).prefault('never').meta({
    description:
      'Whether user attributes that the mapping names and Retool lacks are defined there, as text (Retool 3.128 or newer).',
  }),
  groups: z
    .strictObject({
      delete: z.enum(['never', 'owned']).prefault('never').meta({
        description:
          'Whether Retool groups that the bridge created, nothing calls for any more and nobody else is in are deleted.',
      }),
    })
    .prefault({})
    .meta({ description: 'What happens to Retool groups as such.' }),
} as const;

/** Keys of later versions. Their names are known already, so that a file written for one gets a true answer. */
const laterKeys = {
  correlate: notYet('The Retool attribute that holds the immutable id of a person.'),
  mergeBy: notYet('The attribute by which people of several sources are one.'),
  ownerAttribute: notYet("The Retool attribute that holds the bridge's name."),
  notify: notYet('Who is told about runs.'),
  service: notYet('The HTTP service of serve.'),
  network: notYet('Proxies and certificates.'),
} as const;

const State = StateAddress.meta({
  description: 'Where the bridge remembers what is its own: sqlite:PATH. Keep it and back it up.',
  examples: ['sqlite:./bridge.db'],
});

/** One of several targets, as it is written. Each is checked as a configuration of its own, see targets.ts. */
const Targets = z
  .record(
    z.string(),
    Target.extend({
      mapping: MappingOver.optional(),
      state: State,
      reports: ReportsOver.optional(),
    }).meta({ description: 'One Retool organisation or Space.' }),
  )
  .meta({
    description:
      'Several Retool organisations or Spaces, by names of your choice, instead of target and state. Each has its own token, state and reports, and may lay a mapping over the shared one.',
  });

/** The configuration. A source's own options are checked apart, by the schema of its type. */
export const Config = z
  .strictObject({
    version: z.literal(1).meta({ description: 'The version of the configuration format.' }),
    extends: z.string().optional().meta({
      description:
        'A file below the same folder that this one is laid over: maps merge, lists and scalars replace.',
    }),
    sources: z
      .record(
        z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, {
          error: 'expected a source id: a letter, then letters, digits, "_" and "-", at most 63 characters',
        }),
        z.looseObject({}),
      )
      .meta({ description: 'The systems of record, by an id of your choice, which is part of every link.' }),
    precedence: z.array(Text).optional().meta({
      description: 'Source ids, the one that wins first. Needed with several sources; names each once.',
    }),
    target: Target,
    targets: Targets.optional(),
    mapping: Mapping,
    policy: z.enum(['create-only', 'upsert-only', 'sync']).meta({
      description: 'Which changes are made: new things only, changes too, or whatever takes away as well.',
    }),
    leavers: Leavers,
    memberships: z
      .enum(['owned', 'authoritative', 'additive'])
      .prefault('owned')
      .meta({ description: 'Which memberships are taken back: ours, all that no rule calls for, or none.' }),
    adopt: z.enum(['email', 'none']).prefault('email').meta({
      description: "Whether an account that already has the person's address is taken into management.",
    }),
    adoptMemberships: z
      .enum(['called-for', 'none'])
      .prefault('called-for')
      .meta({ description: 'Whether what a rule calls for and is already there becomes ours.' }),
    reactivate: z.enum(['ours', 'all']).prefault('ours').meta({
      description: 'Which disabled accounts are switched on again: those the bridge disabled, or all.',
    }),
    drift: z.enum(['repair', 'report']).prefault('repair').meta({
      description:
        'What happens to a managed value that was changed in Retool while the desired one was not: put back, or only reported.',
    }),
    protect: Protect,
    names: Names,
    guard: Guard,
    schedule: Schedule,
    state: State,
    reports: Reports,
    retention: Retention,
    ...joining,
    ...laterKeys,
  })
  .meta({ description: 'The configuration of retool-bridge.' });

export type ConfigOutput = z.output<typeof Config>;

/** The configuration as it is written: with one target, or with several. */
export const WrittenConfig = Config.partial({ target: true, state: true, mapping: true }).meta({
  description: 'The configuration of retool-bridge.',
  oneOf: [{ required: ['target', 'state', 'mapping'] }, { required: ['targets'] }],
});
