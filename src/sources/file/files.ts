import type { User } from '../../model/user.ts';
import type { Converted, NestedGroup } from './convert.ts';

/** A list of rows, each converted or rejected, and what to call the list in a message. */
export interface List<Value> {
  /** For messages: `"Users" of people.scim.json`. */
  readonly name: string;
  readonly rows: readonly Converted<Value>[];
}

/** Everything that the files of a source say, before it is judged as one. */
export interface Files {
  readonly people: readonly List<User>[];
  /** Empty when no file says anything of groups. */
  readonly groups: readonly List<NestedGroup>[];
  /** What the lists are called where all of each kind are meant. */
  readonly called: { readonly people: string; readonly groups: string };
  /** Why there may be more groups or members than are listed; null when there cannot be. */
  readonly unseenGroups: string | null;
}

/** A file's name without its folders, and its text. */
export interface TextFile {
  readonly name: string;
  readonly text: string;
}
