import type { CheckResult } from '../model/source.ts';
import type { FolderState } from '../runtime/disk.ts';
import type { HostSeen } from '../runtime/observed-fetch.ts';

/** The machine the bridge runs on, as far as a run depends on it. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folders a run writes to. */
  readonly folders: readonly { readonly what: 'state' | 'reports'; readonly path: string }[];
  lookAt(path: string): Promise<FolderState>;
  /** What was seen of each host so far. */
  hosts(): readonly HostSeen[];
}

/** Under this a run that writes a state, a plan and reports may not get through. */
const leastFreeBytes = 20 * 1024 * 1024;
const amplyFreeBytes = 200 * 1024 * 1024;
/** Tokens that the bridge signs are good for minutes; windows and waits are told in seconds. */
const harmlessSkewMs = 30_000;
const mostSkewMs = 5 * 60_000;

/** What can be told before anything is sent: folders and proxies. */
export async function checkMachine(machine: Machine): Promise<readonly CheckResult[]> {
  const folders = await Promise.all(
    machine.folders.map(async ({ what, path }) => folderResult(what, path, await machine.lookAt(path))),
  );
  return [...folders, proxyResult(machine.env)];
}

function folderResult(what: 'state' | 'reports', path: string, found: FolderState): CheckResult {
  const subject = `machine: ${what}`;
  if (found.state === 'unwritable')
    return {
      subject,
      verdict: 'failed',
      text: `nothing can be written to ${path}: ${found.because}`,
      remedy: `Let the bridge's user write there, or name another folder under ${what === 'state' ? 'state' : 'reports.directory'}.`,
    };
  const free = `${path} has ${bytesText(found.freeBytes)} free`;
  if (found.freeBytes >= amplyFreeBytes) return { subject, verdict: 'ok', text: free };
  return {
    subject,
    verdict: found.freeBytes < leastFreeBytes ? 'failed' : 'warning',
    text: free,
    remedy: 'Free some space, or set retention for old reports.',
  };
}

function bytesText(bytes: number): string {
  const mib = bytes / 1024 / 1024;
  return mib < 1024 ? `${Math.floor(mib)} MiB` : `${Math.floor(mib / 1024)} GiB`;
}

const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

/** Proxies are used by the platform's own fetch, and only when it is told to. Their values may hold passwords. */
function proxyResult(env: Machine['env']): CheckResult {
  const subject = 'machine: proxy';
  const set = proxyVariables.filter((name) => isSet(env[name]));
  if (set.length === 0) return { subject, verdict: 'ok', text: 'none is set; hosts are reached directly' };
  if (env['NODE_USE_ENV_PROXY'] === '1')
    return { subject, verdict: 'ok', text: `${set.join(' and ')} is used, except for NO_PROXY` };
  return {
    subject,
    verdict: 'warning',
    text: `${set.join(' and ')} is set, but not used`,
    remedy: 'Set NODE_USE_ENV_PROXY=1 to go through the proxy, or unset it.',
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

/** What can be told after both sides were asked: clocks, certificates, names and connections. */
export function checkNetwork(hosts: readonly HostSeen[]): readonly CheckResult[] {
  return [...hosts.flatMap(connectionResults), ...clockResults(hosts)];
}

function connectionResults({ host, failure }: HostSeen): readonly CheckResult[] {
  if (failure === null) return [];
  const subject = `network: ${host}`;
  const known = failures.find(({ codes }) => codes.test(failure));
  const { text, remedy } = known ?? {
    text: 'no answer',
    remedy: 'Check the address, the network and the firewall.',
  };
  return [{ subject, verdict: 'failed', text: `${text} (${failure})`, remedy }];
}

interface KnownFailure {
  readonly codes: RegExp;
  readonly text: string;
  readonly remedy: string;
}

/** OpenSSL's and the system's codes for what goes wrong before an answer. */
const failures: readonly KnownFailure[] = [
  {
    codes:
      /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF).*)$/,
    text: 'its certificate comes from an authority that this machine does not know',
    remedy:
      "Name your company's root certificate in NODE_EXTRA_CA_CERTS=/path/to/ca.pem; a proxy that looks into TLS needs the same.",
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    text: 'its certificate has expired',
    remedy: "Renew it at the host; if it is good elsewhere, set this machine's clock.",
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    text: 'its certificate is not valid yet',
    remedy: "Set this machine's clock, by NTP.",
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    text: 'its certificate is for another name',
    remedy: 'Use the address that the certificate names, or mend what stands between.',
  },
  {
    codes: /^(?:ENOTFOUND|EAI_AGAIN)$/,
    text: 'its name cannot be found',
    remedy: 'Check the address for typing errors, and the DNS of this machine.',
  },
  {
    codes: /^ECONNREFUSED$/,
    text: 'it refuses the connection',
    remedy: 'Check address and port, and whether a proxy is needed.',
  },
  {
    codes: /^(?:ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH)$/,
    text: 'it cannot be reached',
    remedy: 'Check the network and the firewall, and whether a proxy is needed.',
  },
];

function clockResults(hosts: readonly HostSeen[]): readonly CheckResult[] {
  const told = hosts.flatMap(({ host, aheadMs }) => (aheadMs === null ? [] : [{ host, aheadMs }]));
  const [worst] = told.toSorted((a, b) => Math.abs(b.aheadMs) - Math.abs(a.aheadMs));
  if (worst === undefined) return [];
  const subject = 'machine: clock';
  const skew = Math.abs(worst.aheadMs);
  if (skew <= harmlessSkewMs)
    return [{ subject, verdict: 'ok', text: `within ${Math.ceil(skew / 1000)} s of ${worst.host}` }];
  const direction = worst.aheadMs > 0 ? 'behind' : 'ahead of';
  return [
    {
      subject,
      verdict: skew > mostSkewMs ? 'failed' : 'warning',
      text: `it is ${skewText(skew)} ${direction} ${worst.host}`,
      remedy: "Set this machine's clock, by NTP: tokens and limits depend on it.",
    },
  ];
}

function skewText(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** How the quota of the target stands; what others use of it shows only when it runs out. */
export function checkQuota(
  requestsPerMinute: number,
  calls: { readonly made: number; readonly perRead: number },
  throttled: number,
): CheckResult {
  const subject = 'retool: quota';
  const text = `up to ${requestsPerMinute} requests a minute over all commands; this check made ${calls.made}, a run without changes makes ${calls.perRead}`;
  if (throttled === 0) return { subject, verdict: 'ok', text };
  return {
    subject,
    verdict: 'warning',
    text: `Retool said 429 ${throttled} times, below ${requestsPerMinute} requests a minute`,
    remedy: 'Lower target.requestsPerMinute, or find out what else uses the API.',
  };
}
