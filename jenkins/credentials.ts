import { z } from 'zod'
import { RemoteError } from '../core/errors.ts'
import type { JenkinsHttp } from './http.ts'
import type { Jenkins, SshKeyCredential } from './jenkins.ts'
import { escapeText } from './node-xml.ts'

type CredentialCalls = 'credentialIds' | 'putSshKey' | 'deleteCredential'

/**
 * The controller's own store of credentials (plugins credentials and ssh-credentials), of which jobs may use nothing that is in
 * the scope SYSTEM. Paths, bodies and answers: recorded from Jenkins 2.498 with credentials 1408.
 */
export function credentialCalls(http: JenkinsHttp): Pick<Jenkins, CredentialCalls> {
  return {
    credentialIds: (signal) => readIds(http, signal),
    putSshKey: (key, signal) => putSshKey(http, key, signal),
    deleteCredential: (id, signal) => deleteCredential(http, id, signal),
  }
}

const store = 'credentials/store/system/domain/_'
const idsAnswer = z.object({ credentials: z.array(z.object({ id: z.string() })) })

async function readIds(http: JenkinsHttp, signal?: AbortSignal): Promise<string[]> {
  const ask = {
    doing: 'look at the credentials of Jenkins',
    path: `${store}/api/json`,
    query: { tree: 'credentials[id]' },
    signal,
  }
  const { credentials } = await explained(() => http.json(idsAnswer, ask))
  return credentials.map(({ id }) => id)
}

async function putSshKey(http: JenkinsHttp, key: SshKeyCredential, signal?: AbortSignal): Promise<void> {
  const doing = `keep the key ${key.id} in Jenkins`
  const change = { doing, method: 'POST', xml: keyXml(key), signal } as const
  const path = `${store}/createCredentials`
  const answer = await explained(() => http.ask({ ...change, path, expect: [200, 409] }))
  // One of this id is there already: left by a run that was killed.
  if (answer.status === 409) await http.ask({ ...change, path: `${credentialPath(key.id)}/config.xml` })
}

async function deleteCredential(http: JenkinsHttp, id: string, signal?: AbortSignal): Promise<void> {
  await http.ask({
    doing: `delete the credential ${id}`,
    method: 'POST',
    path: `${credentialPath(id)}/doDelete`,
    expect: [302, 404],
    landsOn: /^credentials\/store\//,
    signal,
  })
}

function credentialPath(id: string): string {
  return `${store}/credential/${encodeURIComponent(id)}`
}

function keyXml({ id, description, user, privateKey }: SshKeyCredential): string {
  const type = 'com.cloudbees.jenkins.plugins.sshcredentials.impl.BasicSSHUserPrivateKey'
  const source = `${type}$DirectEntryPrivateKeySource`
  const fields = { scope: 'SYSTEM', id, description, username: user }
  const plain = Object.entries(fields).map(([name, text]) => `<${name}>${escapeText(text)}</${name}>`)
  const key = `<privateKeySource class="${source}"><privateKey>${privateKey.reveal()}</privateKey></privateKeySource>`
  return `<${type}>${plain.join('')}${key}</${type}>`
}

/** A store that is not there means a plugin that is missing, or a user who may not even see it. */
async function explained<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof RemoteError) || error.failure !== 'not-found') throw error
    throw new RemoteError('not-found', `${error.message}: there is no credential store`, {
      hint: 'let an administrator install the plugins credentials and ssh-credentials, and give this user Credentials/View, Create, Update and Delete',
      cause: error,
    })
  }
}
