import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { commandLine } from '../../../src/cli/program.ts';
import { readConfig, systemSurroundings } from '../../../src/compose.ts';
import { pageText, root } from '../../support/pages.ts';

/*
 * The manifests in deploy/kubernetes against what they speak of: the image, the configuration, the command line and
 * each other. Strict schemas take the place of a cluster: a field that is misspelt or misplaced is not one of these.
 */

const name = z.literal('retool-bridge');
const head = { metadata: z.strictObject({ name }) };

const Container = z.strictObject({
  name,
  image: z.string().regex(/^[a-z0-9./-]+:\d+\.\d+\.\d+$/),
  args: z.array(z.string()),
  envFrom: z.tuple([z.strictObject({ secretRef: z.strictObject({ name }) })]),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string().regex(/^\d+m$/), memory: z.string().regex(/^\d+Mi$/) }),
    limits: z.strictObject({ memory: z.string().regex(/^\d+Mi$/) }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(
    z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.literal(true).optional() }),
  ),
});

const pod = {
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int(),
    runAsGroup: z.int(),
    fsGroup: z.int(),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  automountServiceAccountToken: z.literal(false),
  terminationGracePeriodSeconds: z.int().min(30),
  containers: z.tuple([Container]),
  volumes: z.array(
    z.union([
      z.strictObject({ name: z.string(), configMap: z.strictObject({ name }) }),
      z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: name }) }),
      z.strictObject({ name: z.string(), emptyDir: z.strictObject({}) }),
    ]),
  ),
};

const CronJob = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('CronJob'),
  ...head,
  spec: z.strictObject({
    suspend: z.literal(true),
    schedule: z.string().regex(/^\S+(?: \S+){4}$/),
    timeZone: z.literal('Etc/UTC'),
    concurrencyPolicy: z.literal('Forbid'),
    startingDeadlineSeconds: z.int(),
    successfulJobsHistoryLimit: z.int(),
    failedJobsHistoryLimit: z.int(),
    jobTemplate: z.strictObject({
      spec: z.strictObject({
        backoffLimit: z.literal(0),
        template: z.strictObject({ spec: z.strictObject({ restartPolicy: z.literal('Never'), ...pod }) }),
      }),
    }),
  }),
});

const labels = z.strictObject({ app: name });

const Deployment = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  ...head,
  spec: z.strictObject({
    replicas: z.literal(1),
    strategy: z.strictObject({ type: z.literal('Recreate') }),
    selector: z.strictObject({ matchLabels: labels }),
    template: z.strictObject({ metadata: z.strictObject({ labels }), spec: z.strictObject(pod) }),
  }),
});

const ConfigMap = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  ...head,
  data: z.strictObject({ 'bridge.yaml': z.string() }),
});

const Claim = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('PersistentVolumeClaim'),
  ...head,
  spec: z.strictObject({
    accessModes: z.tuple([z.literal('ReadWriteOnce')]),
    resources: z.strictObject({ requests: z.strictObject({ storage: z.string().regex(/^\d+Gi$/) }) }),
  }),
});

function manifest<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
  const documents = parseAllDocuments(readFileSync(join(root, 'deploy/kubernetes', file), 'utf8'));
  expect(documents).toHaveLength(1);
  const [document] = documents;
  return schema.parse(document?.toJS());
}

const podOfCronJob = () => manifest('cronjob.yaml', CronJob).spec.jobTemplate.spec.template.spec;
const podOfDeployment = () => manifest('deployment.yaml', Deployment).spec.template.spec;
const configuration = () => manifest('config.yaml', ConfigMap).data['bridge.yaml'];

test('the volume is for one node at a time', () => {
  expect(manifest('state.yaml', Claim).metadata.name).toBe('retool-bridge');
});

const pods = [
  ['the CronJob', podOfCronJob, 'sync'],
  ['the Deployment', podOfDeployment, 'serve'],
] as const;

test.each(pods)('%s runs as the user of the image', (_, read) => {
  const [, user] = /^USER (\d+):\1$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? [];
  const { runAsUser, runAsGroup, fsGroup } = read().securityContext;
  expect([runAsUser, runAsGroup, fsGroup].map(String)).toEqual([user, user, user]);
});

test.each(pods)('%s calls a command that exists, with options that it has', (_, read, wanted) => {
  const [{ args }] = read().containers;
  const [called, ...options] = args;
  const command = commandLine().commands.find((one) => one.name() === called);
  expect(called).toBe(wanted);
  const known = command?.options.map(({ long }) => long);
  for (const option of options) expect(known).toContain(option.split('=')[0]);
  expect(options).toContain('--config=/config/bridge.yaml');
});

test.each(pods)('%s mounts each of its volumes, and nothing else', (_, read) => {
  const { containers, volumes } = read();
  const mounts = containers[0].volumeMounts;
  expect(mounts.map((mount) => mount.name).toSorted()).toEqual(volumes.map((one) => one.name).toSorted());
  expect(mounts.map(({ mountPath }) => mountPath)).toEqual(['/config', '/data', '/tmp']);
  // NODE_COMPILE_CACHE of the image lies in /tmp.
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toContain('NODE_COMPILE_CACHE=/tmp/');
});

test('the configuration can be loaded, and writes where a volume is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'retool-bridge-kubernetes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'bridge.yaml');
  writeFileSync(file, configuration());
  const config = await readConfig(file, systemSurroundings('silent'), { secrets: 'ignore' });
  expect(config.state).toMatchObject({ kind: 'sqlite', path: '/data/bridge.db' });
  expect(config.reports.directory).toBe('/data/reports');
});

test('every secret that the configuration names is one that the guide makes', () => {
  const named = [...configuration().matchAll(/env: (\w+)/g)].map(([, variable]) => variable);
  const made = [...pageText('docs/how-to/kubernetes.md').matchAll(/--from-literal=(\w+)=/g)];
  expect(named.toSorted()).toEqual(made.map(([, variable]) => variable).toSorted());
});

test('the guide names every manifest', () => {
  const guide = pageText('docs/how-to/kubernetes.md');
  for (const file of ['config', 'state', 'cronjob', 'deployment'])
    expect(guide).toContain(`deploy/kubernetes/${file}.yaml`);
});
