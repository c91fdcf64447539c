import { dirname } from 'node:path';
import type { BridgeConfig } from '../config/types.ts';
import type { Machine } from '../run/check-machine.ts';
import { lookAtFolder } from '../runtime/disk.ts';
import type { HostSeen } from '../runtime/observed-fetch.ts';
import type { Surroundings } from '../compose.ts';

/** The machine as `check` looks at it: the folders that the configuration names, and what the network showed. */
export function machineOf(
  { state, reports }: BridgeConfig,
  { env }: Surroundings,
  hosts: () => readonly HostSeen[],
): Machine {
  return {
    env,
    hosts,
    lookAt: lookAtFolder,
    folders: [
      ...(state.kind === 'sqlite' ? [{ what: 'state', path: dirname(state.path) } as const] : []),
      { what: 'reports', path: reports.directory },
    ],
  };
}
