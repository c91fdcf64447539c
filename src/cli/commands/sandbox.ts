import { loadSandbox, systemSurroundings } from '../../compose.ts';
import { BridgeError, messageOf } from '../../model/errors.ts';
import { jsonDocument } from '../../report/escape.ts';
import { untilAborted } from '../../runtime/until-aborted.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';

export interface SandboxOptions extends CommonOptions {
  readonly users: number;
  readonly groups: number;
  readonly seed: number;
  readonly port: number;
  readonly requestsPerMinute: number | 'unlimited';
}

/** `sandbox`: serves the three stand-ins until it is stopped; stdout is a ready `bridge.yaml`. */
export async function sandbox(terminal: Terminal, options: SandboxOptions): Promise<ExitCode> {
  const { clock } = systemSurroundings(options.logLevel);
  const { generateWorld, sampleConfig, sampleEnvironment, serveSandbox } = await loadSandbox();
  const world = generateWorld({ users: options.users, groups: options.groups, seed: options.seed });
  const retoolRequestsPerMinute = options.requestsPerMinute;
  const served = await serveSandbox({
    port: options.port,
    world,
    now: () => clock.now(),
    retoolRequestsPerMinute,
  }).catch((error: unknown) => {
    throw new BridgeError('portTaken', messageOf(error), {
      remedy: 'Choose another port with --port; three in a row must be free.',
      cause: error,
    });
  });
  const config = sampleConfig(served, {
    requestsPerMinute: retoolRequestsPerMinute === 'unlimited' ? 100_000 : retoolRequestsPerMinute,
  });
  const { okta, entra, retool } = served;
  const document = {
    format: 'retool-bridge/sandbox',
    version: 1,
    okta: { url: okta.url },
    entra: { url: entra.url, loginUrl: entra.loginUrl, tenantId: entra.tenantId },
    retool: { url: retool.url },
    environment: sampleEnvironment(served),
    config,
  };
  terminal.out(terminal.json ? jsonDocument(document) : config);
  if (!terminal.quiet)
    terminal.err(
      `listening: Okta ${okta.url}, Graph and login ${entra.url}, Retool ${retool.url}; stop with Ctrl-C\n`,
    );
  await untilAborted(terminal.signal);
  await served.close();
  return exitCodes.ok;
}
