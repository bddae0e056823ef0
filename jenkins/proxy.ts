import { BlockList, isIP } from 'node:net'
import { ConfigError } from '../core/errors.ts'
import { register } from '../core/secret.ts'

export interface WebProxy {
  protocol: 'http' | 'https'
  host: string
  port: number
  auth?: { username: string; password: string }
}

/**
 * The proxy that the usual variables name for a URL, or undefined for a direct connection: HTTPS_PROXY or HTTP_PROXY by the URL's
 * scheme, else ALL_PROXY, unless NO_PROXY lists the host or the host is this machine. Lower-case names win, as in curl; that
 * loopback needs no mention is Go's habit. A proxy's password is registered as a secret. Throws ConfigError when the
 * variable is no proxy URL.
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): WebProxy | undefined {
  const scheme = url.protocol.slice(0, -1)
  for (const name of [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY']) {
    const value = env[name]?.trim()
    if (!value) continue
    return isExempt(url, env.no_proxy ?? env.NO_PROXY ?? '') ? undefined : parseProxy(name, value)
  }
  return undefined
}

function parseProxy(name: string, value: string): WebProxy {
  const url = tryParse(withScheme(value))
  if (!url?.hostname || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(`${name} does not hold the URL of an HTTP proxy`, {
      hint: `set it to something like http://proxy.example.com:3128, or clear it`,
    })
  }
  const protocol = url.protocol === 'https:' ? 'https' : 'http'
  const proxy: WebProxy = {
    protocol,
    host: bare(url.hostname),
    port: Number(url.port) || (protocol === 'https' ? 443 : 80),
  }
  if (url.username) {
    proxy.auth = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
    register(proxy.auth.password)
    register(`${proxy.auth.username}:${proxy.auth.password}`)
  }
  return proxy
}

/** NO_PROXY entries: `*`, a host with or without port, a domain with or without leading dot or `*.`, an address block such as 10.0.0.0/8. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname).toLowerCase()
  if (host === 'localhost' || host === '::1' || isInBlock(host, '127.0.0.0/8')) return true
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true
      if (entry.includes('/')) return isInBlock(host, entry)
      if (isIP(bare(entry)) !== 0) return host === bare(entry)
      const [name = '', onlyPort] = entry.split(':')
      if (onlyPort !== undefined && onlyPort !== port) return false
      const domain = name.replace(/^\*?\./, '')
      return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`))
    })
}

function isInBlock(host: string, block: string): boolean {
  const [network = '', prefix] = block.split('/')
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
  if (!isIP(network) || isIP(host) !== isIP(network)) return false
  const bits = Number(prefix)
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 'ipv6' ? 128 : 32)) return false
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  return list.check(host, family)
}

function withScheme(value: string): string {
  return value.includes('://') ? value : `http://${value}`
}

function tryParse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** An IPv6 address without the brackets that it has in URLs. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
