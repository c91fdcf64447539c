export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** A person in short; everything else of the SCIM user follows from it. */
export interface Staff {
  readonly id: string;
  readonly email?: string;
  readonly given?: string;
  readonly family?: string;
  readonly department?: string;
  readonly title?: string;
  readonly active?: boolean;
  /** Display names of the source groups. */
  readonly groups?: readonly string[];
}

/** A SCIM document of these people, with a group for each name they are in and each of `more`. */
export function scim(people: readonly Staff[], more: readonly string[] = []): string {
  const names = new Set([...more, ...people.flatMap((person) => person.groups ?? [])]);
  return JSON.stringify({
    Users: people.map(userOf),
    Groups: [...names].map((name) => groupOf(name, people)),
  });
}

function userOf({ id, email = `${id}@acme.com`, given = 'Ada', family = 'Byron', ...rest }: Staff): object {
  const { department, title, active = true } = rest;
  return {
    id,
    userName: email,
    active,
    name: { givenName: given, familyName: family },
    emails: [{ value: email, primary: true }],
    ...(title === undefined ? {} : { title }),
    ...(department === undefined ? {} : { [enterprise]: { department } }),
  };
}

function groupOf(name: string, people: readonly Staff[]): object {
  const members = people.filter((person) => person.groups?.includes(name) === true);
  return { id: `g-${name}`, displayName: name, members: members.map(({ id }) => ({ value: id })) };
}
