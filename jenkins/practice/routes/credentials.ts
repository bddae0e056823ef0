import {
  type Credential,
  credentialFromForm,
  credentialFromXml,
  displayName,
  renderCredential,
  typeName,
} from '../credentials.ts'
import { api, empty, failure, forbidden, found, oops, postRequired, text } from '../replies.ts'
import { exporter } from '../tree.ts'
import type { Call, Reply, Route, World } from '../world.ts'

const place = ['store', 'system', 'domain', '_']
const here = `/credentials/${place.join('/')}`

/**
 * `/credentials/store/system/domain/_/…`: the system store, global domain. Whoever may not see it is told that it is not there.
 * jenkinsci/credentials-plugin CredentialsStoreAction.java.
 */
export const credentials: Route = (call, world, rest) => {
  const [path, below] = [rest.slice(0, place.length), rest.slice(place.length)]
  if (path.join('/') !== place.join('/') || !call.caller.may(`${provider}.View`)) return undefined
  if (below[0] === 'api')
    return api(call, world, asDomain(domainClass, [...world.state.credentials.values()]))
  if (below[0] === 'createCredentials') return create(call, world)
  const credential = world.state.credentials.get(below[1] ?? '')
  return below[0] === 'credential' && credential
    ? one(call, world, { credential, verb: below[2] ?? '' })
    : undefined
}

const provider = 'com.cloudbees.plugins.credentials.CredentialsProvider'
const wrapper = 'com.cloudbees.plugins.credentials.CredentialsStoreAction'
const domainClass = `${wrapper}$DomainWrapper`

function create(call: Call, world: World): Reply {
  if (call.method !== 'POST') return postRequired(call, world)
  const refused = forbidden(call, world, `${provider}.Create`)
  if (refused) return refused
  const type = call.headers['content-type']
  if (type === undefined) return failure(call, world, 'No Content-Type header set')
  const isForm = type.startsWith('application/x-www-form-urlencoded')
  const credential = isForm
    ? credentialFromForm(call.form.get('json') ?? '')
    : credentialFromXml(call.body.toString())
  if (!credential) return oops(call, world)
  if (world.state.credentials.has(credential.id)) return empty(409)
  world.state.credentials.set(credential.id, credential)
  world.state.emit({ kind: 'credential', id: credential.id })
  return isForm ? found(world, here) : empty(200)
}

function one(
  call: Call,
  world: World,
  { credential, verb }: { credential: Credential; verb: string },
): Reply | undefined {
  if (verb === 'api') return api(call, world, asCredential(`${wrapper}$CredentialsWrapper`, credential))
  const isDeletion = verb === 'doDelete' || (verb === 'config.xml' && call.method === 'DELETE')
  if (isDeletion) return remove(call, world, credential)
  if (verb !== 'config.xml') return undefined
  if (call.method === 'GET') return text(renderCredential(credential), 'application/xml')
  const refused = forbidden(call, world, `${provider}.Update`)
  if (refused) return refused
  const changed = credentialFromXml(call.body.toString())
  if (!changed) return oops(call, world)
  world.state.credentials.set(credential.id, { ...changed, id: credential.id })
  world.state.emit({ kind: 'credential', id: credential.id })
  return empty(200)
}

function remove(call: Call, world: World, { id }: Credential): Reply {
  const refused = forbidden(call, world, `${provider}.Delete`)
  if (refused) return refused
  world.state.credentials.delete(id)
  world.state.emit({ kind: 'credential', id })
  return call.method === 'DELETE' ? empty(200) : found(world, `${here}/`)
}

const asCredential = exporter<Credential>({
  description: ({ description }) => description,
  displayName,
  fingerprint: () => null,
  fullName: ({ id }) => `system/_/${id}`,
  id: ({ id }) => id,
  typeName,
})

const asDomain = exporter<Credential[]>({
  credentials: (all) => all.map((credential) => asCredential(undefined, credential)),
  description: () =>
    'Credentials that should be available irrespective of domain specification to requirements matching.',
  displayName: () => 'Global credentials (unrestricted)',
  fullDisplayName: () => 'System » Global credentials (unrestricted)',
  fullName: () => 'system/_',
  global: () => true,
  urlName: () => '_',
})
