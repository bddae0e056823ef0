import { type FootmanError, messageOf, RemoteError, UserError } from '../errors.ts'

export interface FailedCall {
  /** What was tried, after "cannot": `create the container footman-1`; undefined: only whether it answers. */
  doing: string | undefined
  /** The engine's address, for messages. */
  host: string
}

/**
 * Turns whatever dockerode threw into one of our errors: what failed, the engine's own words, and the cure.
 * The engine says most things only in words, so its sentences are matched (moby, containerd and registry sources).
 */
export function engineError(error: unknown, { doing, host }: FailedCall): FootmanError {
  const { status, code, words } = readError(error)
  const prefix = doing === undefined ? '' : `cannot ${doing}: `
  if (status === undefined && code) {
    const message = `${prefix}the container engine at ${host} does not answer (${code})`
    return new RemoteError('unreachable', message, { hint: cureForSocket(code), cause: error })
  }
  const message = `${prefix}${words}`
  const rule = rules.find(({ says }) => says.test(words))
  const hint = rule?.hint === undefined ? {} : { hint: rule.hint }
  if (rule && !rule.failure) return new UserError(message, { ...hint, cause: error })
  return new RemoteError(rule?.failure ?? failureOf(status), message, {
    ...hint,
    ...(status !== undefined && { status }),
    cause: error,
  })
}

/** What helps when the engine's socket does not let us in. */
function cureForSocket(code: string): string {
  if (code === 'EACCES' || code === 'EPERM') {
    return 'add yourself to the group that owns the socket (sudo usermod -aG docker $USER, then log in again), or use rootless Docker or Podman'
  }
  if (/CERT|SSL|TLS|SIGNED/.test(code)) {
    return 'set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder with the ca.pem, cert.pem and key.pem of this engine'
  }
  return 'start it (Docker Desktop, or sudo systemctl start docker), or set DOCKER_HOST to where it listens'
}

interface Rule {
  says: RegExp
  /** Undefined: a person has to change something here, so it is a UserError. */
  failure?: RemoteError['failure']
  hint?: string
}

const rules: readonly Rule[] = [
  // Podman calls it an internal error.
  { says: /name \S+ is already in use/i, failure: 'conflict' },
  {
    says: /port is already allocated|address already in use/i,
    failure: 'conflict',
    hint: 'something else has this port or address: docker ps shows which container, ss -ltnp which program',
  },
  {
    says: /no space left on device|disk quota exceeded/i,
    hint: "the engine's disk is full: free space, e.g. docker system prune",
  },
  { says: /no such image|image not known/i, hint: 'pull it, or correct the name of the image' },
  {
    says: /toomanyrequests|rate limit/i,
    failure: 'rejected',
    hint: 'wait an hour, or run docker login and docker pull once by hand: an image that is here is not pulled again',
  },
  {
    says: /no matching manifest|does not match the (specified|detected host) platform|exec format error/i,
    hint: "choose an image that is built for this machine's processor",
  },
  {
    says: /pull access denied|unauthorized|authentication required|no basic auth credentials|requested access to the resource is denied/i,
    failure: 'unauthenticated',
    hint: 'check the name; if the image is private, run docker login and docker pull once by hand: an image that is here is not pulled again',
  },
  {
    says: /manifest unknown|manifest for .* not found|repository .* not found|name unknown|failed to resolve reference .* not found/i,
    hint: 'check the name and the tag of the image',
  },
  {
    says: /no such host|server misbehaving|i\/o timeout|connection refused|connection reset|TLS handshake|x509:|network is unreachable|Client\.Timeout|proxyconnect/i,
    failure: 'unreachable',
    hint: 'check that the engine reaches the registry: network, proxy and certificates are those of the engine, not ours',
  },
  {
    says: /bind source path does not exist|mounts denied|is not shared|statfs .* no such file/i,
    hint: 'the engine does not see this folder: share it (Docker Desktop > Settings > Resources > File sharing), and use an engine on this machine',
  },
  {
    says: /network \S+ not found|unable to find network/i,
    hint: 'make it with docker network create, or name another network',
  },
  {
    says: /docker-init|catatonit/i,
    hint: "install the engine's init program (packages docker-init, tini or catatonit)",
  },
  {
    says: /executable file .*not found|exec: .*: (no such file|stat)|OCI runtime .* no such file/i,
    hint: 'the image lacks this program: choose another image, or give the path of the program in it',
  },
  {
    says: /range of CPUs is from/i,
    hint: 'the engine (or its virtual machine) has fewer CPUs: give it more, or lend fewer',
  },
  { says: /minimum memory limit/i, hint: 'ask for more memory' },
  {
    says: /client version .* is too (old|new)/i,
    hint: 'bring both the engine and footman up to date',
  },
]

function failureOf(status: number | undefined): RemoteError['failure'] {
  switch (status) {
    case 401:
      return 'unauthenticated'
    case 403:
      return 'forbidden'
    case 404:
      return 'not-found'
    case 409:
      return 'conflict'
    default:
      return status !== undefined && status < 500 ? 'rejected' : 'broken'
  }
}

/** Status, system error code and words of an error; dockerode hangs the engine's answer on it as `json`. */
function readError(error: unknown): {
  status: number | undefined
  code: string | undefined
  words: string
} {
  const { statusCode, code, json } = Object(error) as Record<string, unknown>
  const answer = Object(json) as Record<string, unknown>
  const words = typeof answer.message === 'string' ? answer.message : messageOf(error)
  return {
    status: typeof statusCode === 'number' ? statusCode : undefined,
    code: typeof code === 'string' ? code : undefined,
    words: words.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim() || 'it gave no reason',
  }
}
