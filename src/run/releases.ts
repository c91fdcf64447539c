import type { Feature, Release, ReleaseNumber } from '../model/preflight.ts';
import type { MappingRules } from '../model/rules.ts';

const texts: Readonly<Record<Feature, string>> = {
  attributes: 'attributes of users',
  groupInvites: 'invites with groups',
  attributeDefinitions: 'the definition of attributes',
  userGrants: 'grants to single users',
};

/** What this configuration asks for of what came later than the API itself. */
export function featuresOf({ attributes }: Pick<MappingRules, 'attributes'>): readonly Feature[] {
  return attributes.size > 0 ? ['attributes'] : [];
}

/** What is asked for and what the release lacks, in words. */
export function lackingTexts(
  { lacks }: Extract<Release, { readonly state: 'known' }>,
  asked: readonly Feature[],
): readonly string[] {
  return lacks
    .filter(({ feature }) => asked.includes(feature))
    .map(({ feature, since }) => `${texts[feature]}, which came with ${releaseText(since)}`);
}

export function releaseText([major, minor]: ReleaseNumber): string {
  return `${major}.${minor}`;
}
