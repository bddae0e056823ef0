/** The rights that the practice controller asks for, as Jenkins names them, and what implies each. Recorded from Jenkins 2.498. */
export const permissions = {
  'hudson.model.Hudson.Administer': { title: 'Overall/Administer', impliedBy: [] },
  'hudson.model.Hudson.Read': { title: 'Overall/Read', impliedBy: generic('Read') },
  'hudson.model.Computer.Create': { title: 'Agent/Create', impliedBy: generic('Create', 'Write') },
  'hudson.model.Computer.Configure': {
    title: 'Agent/Configure',
    impliedBy: generic('Configure', 'Update', 'Write'),
  },
  'hudson.model.Computer.Delete': { title: 'Agent/Delete', impliedBy: generic('Delete', 'Write') },
  'hudson.model.Computer.Disconnect': { title: 'Agent/Disconnect', impliedBy: generic() },
  'hudson.model.Computer.Connect': {
    title: 'Agent/Connect',
    impliedBy: ['hudson.model.Computer.Disconnect', ...generic()],
  },
  'hudson.model.Computer.Build': { title: 'Agent/Build', impliedBy: generic() },
  'hudson.model.Item.Create': { title: 'Job/Create', impliedBy: generic('Create', 'Write') },
  'hudson.model.Item.Configure': {
    title: 'Job/Configure',
    impliedBy: generic('Configure', 'Update', 'Write'),
  },
  'hudson.model.Item.Delete': { title: 'Job/Delete', impliedBy: generic('Delete', 'Write') },
  'hudson.model.Item.Read': { title: 'Job/Read', impliedBy: generic('Read') },
  'hudson.model.Item.Discover': {
    title: 'Job/Discover',
    impliedBy: ['hudson.model.Item.Read', ...generic('Read')],
  },
  'hudson.model.Item.Build': { title: 'Job/Build', impliedBy: generic('Update', 'Write') },
  'hudson.model.Item.Cancel': { title: 'Job/Cancel', impliedBy: generic('Update', 'Write') },
  'com.cloudbees.plugins.credentials.CredentialsProvider.View': {
    title: 'Credentials/View',
    impliedBy: generic('Read'),
  },
  'com.cloudbees.plugins.credentials.CredentialsProvider.Create': {
    title: 'Credentials/Create',
    impliedBy: generic('Create', 'Write'),
  },
  'com.cloudbees.plugins.credentials.CredentialsProvider.Update': {
    title: 'Credentials/Update',
    impliedBy: generic('Update', 'Write'),
  },
  'com.cloudbees.plugins.credentials.CredentialsProvider.Delete': {
    title: 'Credentials/Delete',
    impliedBy: generic('Delete', 'Write'),
  },
} as const satisfies Record<string, { title: string; impliedBy: readonly string[] }>

export type Permission = keyof typeof permissions

export const allPermissions = new Set(Object.keys(permissions).filter(isPermission))

/** Whether somebody with these rights has this one, directly or because another implies it. */
export function allows(granted: ReadonlySet<Permission>, wanted: Permission): boolean {
  if (granted.has(wanted)) return true
  const implying: readonly string[] = permissions[wanted].impliedBy
  return implying.filter(isPermission).some((permission) => granted.has(permission))
}

function isPermission(name: string): name is Permission {
  return Object.hasOwn(permissions, name)
}

function generic(...names: string[]): string[] {
  return [
    ...names.map((name) => `hudson.security.Permission.Generic${name}`),
    'hudson.model.Hudson.Administer',
  ]
}
