const groups: readonly (readonly [prefix: string, group: string])[] = [
  ['hudson.model.Computer.', 'Agent'],
  ['hudson.model.Hudson.', 'Overall'],
  ['hudson.model.Item.', 'Job'],
  ['hudson.model.Run.', 'Run'],
  ['hudson.model.View.', 'View'],
  ['com.cloudbees.plugins.credentials.CredentialsProvider.', 'Credentials'],
]

/**
 * The name of a permission as administrators see it in the matrix, e.g. `Agent/Create` for `hudson.model.Computer.Create`,
 * which is how the header X-Required-Permission spells it. Unknown ones stay as they are.
 */
export function permissionName(id: string): string {
  for (const [prefix, group] of groups) {
    if (id.startsWith(prefix)) return `${group}/${id.slice(prefix.length)}`
  }
  return id
}
