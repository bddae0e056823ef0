import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { allows, allPermissions, type Permission } from './permissions.ts'

/** Somebody who may log in to the practice controller. */
export interface User {
  name: string
  token?: string
  /** SHA-256 of further tokens, in hex, as a home keeps them (home-files.ts). */
  tokenHashes?: readonly string[]
  /** Undefined: only the token works. */
  password?: string
  /** Undefined: everything, as an administrator. */
  permissions?: readonly Permission[]
}

/** Who sent a request. */
export interface Caller {
  name: string
  anonymous: boolean
  /** A token frees from the crumb; a password does not. */
  byToken: boolean
  may(permission: Permission): boolean
}

/** Who an Authorization header speaks for; undefined when it is there but wrong, which is 401 on every URL. */
export function authenticate(users: readonly User[], authorization: string | undefined): Caller | undefined {
  if (authorization === undefined) return anonymous
  const [scheme, encoded = ''] = authorization.split(' ')
  if (scheme?.toLowerCase() !== 'basic') return anonymous
  const [name = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':')
  const secret = rest.join(':')
  const user = users.find((candidate) => candidate.name === name)
  if (!user) return undefined
  const byToken = takesToken(user, secret)
  if (!byToken && !(user.password !== undefined && same(user.password, secret))) return undefined
  const granted = user.permissions ? new Set(user.permissions) : allPermissions
  return { name, anonymous: false, byToken, may: (permission) => allows(granted, permission) }
}

function takesToken({ token, tokenHashes = [] }: User, secret: string): boolean {
  if (token !== undefined && same(token, secret)) return true
  const hash = hashOfToken(secret)
  return tokenHashes.some((known) => same(known, hash))
}

/**
 * What Jenkins keeps of an API token: SHA-256 of what follows the two digits of its format. jenkinsci/jenkins
 * ApiTokenStore.java.
 */
export function hashOfToken(token: string): string {
  return createHash('sha256')
    .update(token.replace(/^11(?=[0-9a-f]{32}$)/, ''))
    .digest('hex')
}

const anonymous: Caller = { name: 'anonymous', anonymous: true, byToken: false, may: () => false }

/**
 * Sessions and the crumbs that belong to them. Nothing is remembered: a session id carries its own seal,
 * and both end with the boot that made them.
 */
export interface Sessions {
  /** e.g. `JSESSIONID.778be623` */
  readonly cookieName: string
  /** The live session that a Cookie header names. */
  read(cookies: string | undefined): string | undefined
  /** A new session, and the Set-Cookie line for it. */
  open(): { id: string; setCookie: string }
  crumb(user: string, session: string): string
}

export function createSessions(): Sessions {
  const key = randomBytes(32)
  const cookieName = `JSESSIONID.${randomBytes(4).toString('hex')}`
  const seal = (text: string) => createHmac('sha256', key).update(text).digest('hex')
  return {
    cookieName,
    read: (cookies = '') => {
      const found = cookies.split(/;\s*/).find((cookie) => cookie.startsWith(`${cookieName}=`))
      const [id = '', mark = ''] = found?.slice(cookieName.length + 1).split('.') ?? []
      return id && same(mark, seal(id).slice(0, 16)) ? `${id}.${mark}` : undefined
    },
    open: () => {
      const random = randomBytes(8).toString('hex')
      const id = `${random}.${seal(random).slice(0, 16)}`
      return { id, setCookie: `${cookieName}=${id}; Path=/; HttpOnly` }
    },
    crumb: (user, session) => seal(`${user};${session}`),
  }
}

/** Compares without telling by the time taken how much was right. */
export function same(expected: string, actual: string): boolean {
  const hash = (text: string) => createHmac('sha256', 'compare').update(text).digest()
  return timingSafeEqual(hash(expected), hash(actual))
}
