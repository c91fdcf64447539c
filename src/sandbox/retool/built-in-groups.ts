import type { GroupSettings } from './wire.ts';

interface BuiltInGroup {
  readonly id: number;
  readonly name: string;
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

export const adminGroupId = 1;
export const allUsersGroupId = 4;

/** The groups that every organisation has, with the ids and levels seen in recorded replies. */
export const builtInGroups: readonly BuiltInGroup[] = [
  {
    id: adminGroupId,
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
    id: 2,
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
    id: 3,
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
    id: allUsersGroupId,
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

export function isBuiltIn(groupId: number): boolean {
  return builtInGroups.some((group) => group.id === groupId);
}
