export { createEntraSandbox } from './entra/index.ts';
export type {
  DeltaHabits,
  EntraAdmin,
  EntraClient,
  EntraSandbox,
  EntraSandboxOptions,
} from './entra/index.ts';
export { createGoogleSandbox, googleSeedOf } from './google/index.ts';
export type {
  GoogleAdmin,
  GoogleGroup,
  GoogleSandbox,
  GoogleSandboxOptions,
  GoogleSeed,
  GoogleServiceAccount,
  GoogleUser,
} from './google/index.ts';
export { CutConnection, listen } from './listen.ts';
export type { Listener, ListenOptions } from './listen.ts';
export { createOktaSandbox } from './okta/index.ts';
export type {
  OktaAdmin,
  OktaBucket,
  OktaLimits,
  OktaSandbox,
  OktaSandboxOptions,
  OktaServiceApp,
} from './okta/index.ts';
export type { Intercept } from './recording-fetch.ts';
export { seedFromCopy } from './retool/copy.ts';
export type { OrganizationCopy } from './retool/copy.ts';
export { createRetoolSandbox } from './retool/index.ts';
export type { RetoolSandbox, RetoolSandboxOptions, RetoolSeed, RetoolState } from './retool/index.ts';
export { sampleConfig, sampleEnvironment } from './sample-config.ts';
export type { SampleConfigOptions } from './sample-config.ts';
export { serveSandbox } from './serve.ts';
export type { ServedSandbox, ServeOptions } from './serve.ts';
export { createCallLog } from './stand-in.ts';
export type { CallLog, RecordedCall, StandIn } from './stand-in.ts';
export { generateWorld, standingOf, summariseWorld } from './world/generate.ts';
export type * from './world/generate.ts';
