import { z } from 'zod'
import { childOf, element, parseXml, renderXml, textOf, type XmlElement } from './xml.ts'

/** A credential of the system store. Plain data, its secret among it. */
export interface Credential {
  id: string
  kind: 'password' | 'ssh-key'
  scope: string
  description: string
  username: string
  /** Made through XML, a user name counts as secret, and is left out of names (recorded). */
  isUsernameSecret: boolean
  /** Password, or private key. */
  secret: string
}

const classes = {
  password: 'com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl',
  'ssh-key': 'com.cloudbees.jenkins.plugins.sshcredentials.impl.BasicSSHUserPrivateKey',
} as const
const plugins = {
  password: 'credentials@1408.va_622a_b_f5b_1b_1',
  'ssh-key': 'ssh-credentials@355.v9b_e5b_cde5003',
} as const
const directEntry = `${classes['ssh-key']}$DirectEntryPrivateKeySource`

/** Reads a POSTed credential; undefined where Jenkins 2.498 was recorded to answer 500. */
export function credentialFromXml(text: string): Credential | undefined {
  const root = parseXml(text)
  const kind = root && kindOf(root.name)
  if (!root || !kind) return undefined
  const source = childOf(root, 'privateKeySource')
  return {
    id: textOf(root, 'id') ?? '',
    kind,
    scope: textOf(root, 'scope') ?? 'GLOBAL',
    description: textOf(root, 'description') ?? '',
    username: textOf(root, 'username') ?? '',
    isUsernameSecret: textOf(root, 'usernameSecret') !== 'false',
    secret: (kind === 'password' ? textOf(root, 'password') : source && textOf(source, 'privateKey')) ?? '',
  }
}

const formSchema = z.object({
  credentials: z.object({
    $class: z.string(),
    scope: z.string().default('GLOBAL'),
    id: z.string(),
    username: z.string().default(''),
    description: z.string().default(''),
    password: z.string().optional(),
    privateKeySource: z.object({ privateKey: z.string() }).optional(),
  }),
})

/** Reads the `json` of a form. */
export function credentialFromForm(text: string): Credential | undefined {
  const form = formSchema.safeParse(parseJson(text)).data?.credentials
  const kind = form && kindOf(form.$class)
  if (!form || !kind) return undefined
  const { id, scope, description, username, password, privateKeySource } = form
  const secret = password ?? privateKeySource?.privateKey ?? ''
  return { id, kind, scope, description, username, isUsernameSecret: false, secret }
}

/** The config.xml of a credential, without its secret. */
export function renderCredential({ kind, ...credential }: Credential): string {
  const redacted = [element('secret-redacted')]
  const secret =
    kind === 'password'
      ? element('password', redacted)
      : element('privateKeySource', [element('privateKey', redacted)], { class: directEntry })
  const { scope, id, description, username, isUsernameSecret } = credential
  const fields: XmlElement[] = [
    element('scope', scope),
    element('id', id),
    element('description', description),
    element('username', username),
    ...(kind === 'ssh-key' ? [element('usernameSecret', String(isUsernameSecret))] : []),
  ]
  const xml = renderXml(element(classes[kind], [...fields, secret], { plugin: plugins[kind] }))
  // XStream writes its declaration for nodes and jobs, but not for credentials.
  return xml.slice(xml.indexOf('\n') + 1)
}

export function typeName({ kind }: Credential): string {
  return kind === 'password' ? 'Username with password' : 'SSH Username with private key'
}

export function displayName({ kind, username, description, isUsernameSecret }: Credential): string {
  if (isUsernameSecret) return description
  return `${username}${kind === 'password' ? '/******' : ''} (${description})`
}

function kindOf(className: string): Credential['kind'] | undefined {
  if (className === classes.password) return 'password'
  return className === classes['ssh-key'] ? 'ssh-key' : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
