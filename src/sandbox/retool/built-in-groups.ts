import type { GroupSettings } from './wire.ts';

export type BuiltInName = 'admin' | 'editor' | 'viewer' | 'All Users';

/** The ids of the built-in groups in one organisation. */
export type BuiltInIds = Readonly<Record<BuiltInName, number>>;

interface BuiltInGroup {
  readonly name: BuiltInName;
  readonly settings: GroupSettings;
}

const noFlags = {
  user_list_access: false,
  audit_log_access: false,
  unpublished_release_access: false,
  usage_analytics_access: false,
  theme_access: false,
  account_details_access: false,
  landing_page_app_id: null,
} as const;

/** What a new group can do when the request does not say: nothing. */
export const defaultSettings: GroupSettings = {
  universal_app_access: 'none',
  universal_resource_access: 'none',
  universal_workflow_access: 'none',
  universal_query_library_access: 'none',
  ...noFlags,
};

/** The ids seen in recorded replies. */
export const usualIds: BuiltInIds = { admin: 1, editor: 2, viewer: 3, 'All Users': 4 };

/** The groups that every organisation has, with the levels seen in recorded replies. */
export const builtInGroups: readonly BuiltInGroup[] = [
  {
    name: 'admin',
    settings: {
      universal_app_access: 'own',
      universal_resource_access: 'own',
      universal_workflow_access: 'own',
      universal_query_library_access: 'edit',
      user_list_access: true,
      audit_log_access: true,
      unpublished_release_access: true,
      usage_analytics_access: true,
      theme_access: true,
      account_details_access: true,
      landing_page_app_id: null,
    },
  },
  {
    name: 'editor',
    settings: {
      universal_app_access: 'edit',
      universal_resource_access: 'own',
      universal_workflow_access: 'edit',
      universal_query_library_access: 'edit',
      ...noFlags,
      user_list_access: true,
      unpublished_release_access: true,
      account_details_access: true,
    },
  },
  {
    name: 'viewer',
    settings: {
      universal_app_access: 'use',
      universal_resource_access: 'use',
      universal_workflow_access: 'use',
      universal_query_library_access: 'use',
      ...noFlags,
      user_list_access: true,
      account_details_access: true,
    },
  },
  {
    name: 'All Users',
    settings: {
      universal_app_access: 'edit',
      universal_resource_access: 'own',
      universal_workflow_access: 'edit',
      universal_query_library_access: 'edit',
      ...noFlags,
      account_details_access: true,
    },
  },
];

export function isBuiltInName(name: string): name is BuiltInName {
  return builtInGroups.some((group) => group.name === name);
}

export function isBuiltIn(ids: BuiltInIds, groupId: number): boolean {
  return Object.values(ids).includes(groupId);
}
