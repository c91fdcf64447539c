import type { RunRecord } from '../model/outcome.ts';
import { isOldReport, writeReports } from '../run/write-report.ts';
import { removeFiles, writePrivately } from '../runtime/files.ts';
import type { Session } from './session.ts';

/** Writes the configured reports of a run, removes those older than the retention, and returns the new paths. */
export async function reportOn(
  record: RunRecord,
  { config, surroundings }: Pick<Session, 'config' | 'surroundings'>,
): Promise<readonly string[]> {
  const { reports, target, retention } = config;
  const { requestsPerMinute } = target;
  const paths = await writeReports(record, { ...reports, requestsPerMinute }, writePrivately);
  if (retention.reportsMs !== null) {
    const before = surroundings.clock.now() - retention.reportsMs;
    await removeFiles(reports.directory, (name) => isOldReport(name, before));
  }
  return paths;
}
