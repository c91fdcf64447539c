import type { Feature, Release, ReleaseNumber } from '../model/preflight.ts';
import type { MappingRules, Policy } from '../model/rules.ts';

const texts: Readonly<Record<Feature, string>> = {
  attributes: 'attributes of users',
  invites: 'invites with groups',
  grants: 'grants on apps and resources',
  attributeDefinitions: 'the definition of attributes',
};

/** What this configuration asks for of what came later than the API itself. */
export function featuresOf(
  { attributes, groups, provision }: Pick<MappingRules, 'attributes' | 'groups' | 'provision'>,
  { attributeDefinitions }: Pick<Policy, 'attributeDefinitions'>,
): readonly Feature[] {
  const invites = provision === 'invites' || groups.some((rule) => rule.provision === 'invites');
  const asked: Readonly<Record<Feature, boolean>> = {
    attributes: attributes.size > 0,
    invites,
    grants: groups.some(({ grants = [] }) => grants.length > 0),
    attributeDefinitions: attributeDefinitions === 'missing',
  };
  return (Object.keys(asked) as Feature[]).filter((feature) => asked[feature]);
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
