import { RemoteError } from '../../core/errors.ts'
import { formatDuration } from '../../core/units.ts'
import type { ControllerState } from '../../jenkins/jenkins.ts'
import { compareVersions, parseVersion } from '../../jenkins/version.ts'
import { attempt, type CheckOutcome, type Checks, fail, failure, ok, skipped, warn } from './check.ts'
import type { PreflightOptions } from './options.ts'

/** Older controllers hand out the secret of a node in ways that footman does not read. */
const oldestPossible = '2.164'
/** Remoting of older ones was not made for the Java of today's agent images. */
const oldestSupported = '2.361'
/** Further apart, times in Jenkins and here cannot be compared by people any more. */
const mostSkewMs = 60_000

const later = ['version', 'account', 'clock', 'nodes', 'queue'] as const

/** Whether the controller is there, is one that we can serve, and lets us see what we need. Its version, when all of that is so. */
export async function* checkController(options: PreflightOptions): Checks<string | undefined> {
  const { jenkins, signal } = options
  const answer = await attempt(signal, () => jenkins.root(signal))
  const refusal = 'error' in answer ? answer.error : undefined
  if (refusal && !isAnswer(refusal)) {
    yield failure('controller', refusal, 'check controller.url, the network and the VPN')
    for (const name of later) yield skipped(name, 'the controller did not answer')
    return undefined
  }
  yield ok('controller', `${jenkins.url} answers`)

  const account = await checkAccount(options)
  if ('error' in answer) {
    yield skipped('version', 'it is told only to users that it knows')
    yield account.result === 'ok' ? failure('account', answer.error, overallRead(options)) : account
    for (const name of ['clock', 'nodes', 'queue']) yield skipped(name, 'the controller does not let us in')
    return undefined
  }
  const version = checkVersion(answer.value)
  yield version
  yield account
  yield checkClock(answer.value)
  if (account.result === 'fail') {
    for (const name of ['nodes', 'queue']) yield skipped(name, 'the account has to be right first')
    return undefined
  }
  const nodes = await attempt(signal, () => jenkins.nodes(signal))
  yield 'error' in nodes
    ? failure('nodes', nodes.error, overallRead(options))
    : ok('nodes', `visible, ${nodes.value.length} of them`)
  const queue = await checkQueue(options)
  yield queue
  const isGood = version.result !== 'fail' && !('error' in nodes) && queue.result !== 'fail'
  return isGood ? answer.value.version : undefined
}

/** An answer, if not the one we hoped for: the address is right. */
function isAnswer(error: unknown): boolean {
  return error instanceof RemoteError && ['unauthenticated', 'forbidden'].includes(error.failure)
}

function overallRead({ config }: PreflightOptions): string {
  return `ask an administrator of Jenkins to give ${config.controller.user} the permission Overall/Read`
}

function checkVersion({ version, quietingDown }: ControllerState): CheckOutcome {
  if (!parseVersion(version)) {
    const cure = `footman is made for Jenkins ${oldestSupported} and newer: expect surprises`
    return warn('version', `Jenkins calls its version "${version}"`, cure)
  }
  if (compareVersions(version, oldestPossible) < 0) {
    return fail(
      'version',
      `Jenkins ${version} is too old`,
      `update it: footman serves Jenkins ${oldestPossible} and newer, and is made for ${oldestSupported} and newer`,
    )
  }
  if (compareVersions(version, oldestSupported) < 0) {
    return warn(
      'version',
      `Jenkins ${version} is older than ${oldestSupported}, for which footman is made`,
      'update it, or set templates[].image to an image with the Java of that time, e.g. 8 or 11',
    )
  }
  if (quietingDown) {
    const cure = 'no builds start until it has restarted; that is not for footman to change'
    return warn('version', `Jenkins ${version}, about to shut down`, cure)
  }
  return ok('version', `Jenkins ${version}`)
}

async function checkAccount({ jenkins, config, signal }: PreflightOptions): Promise<CheckOutcome> {
  const { user } = config.controller
  const cure = `make an API token in Jenkins (log in as ${user}; your name > Security) and check controller.user and controller.token`
  const identity = await attempt(signal, () => jenkins.whoAmI(signal))
  if ('error' in identity) return failure('account', identity.error, cure)
  if (identity.value.anonymous) return fail('account', `Jenkins takes us for anybody, not for ${user}`, cure)
  return ok('account', `we are ${identity.value.name}`)
}

function checkClock({ clockSkewMs }: ControllerState): CheckOutcome {
  if (clockSkewMs === undefined) return skipped('clock', 'the controller does not tell its time')
  const apart = formatDuration(Math.abs(clockSkewMs))
  if (Math.abs(clockSkewMs) <= mostSkewMs) return ok('clock', `within ${apart} of the controller's`)
  const finding = `this machine is ${apart} ${clockSkewMs > 0 ? 'behind' : 'ahead of'} the controller`
  return warn(
    'clock',
    finding,
    'let the clocks be set by the network: `timedatectl set-ntp true`, on macOS in System Settings',
  )
}

/** Without Job/Read the queue looks empty instead of forbidden, so an empty one proves little. */
async function checkQueue({ jenkins, config, signal }: PreflightOptions): Promise<CheckOutcome> {
  const queue = await attempt(signal, () => jenkins.queue(signal))
  if ('error' in queue)
    return failure('queue', queue.error, 'ask for the permissions Overall/Read and Job/Read')
  const { length } = queue.value
  if (length > 0) return ok('queue', `visible, ${length} ${length === 1 ? 'build waits' : 'builds wait'}`)
  return ok(
    'queue',
    `visible and empty; builds of jobs that ${config.controller.user} may not read (Job/Read) do not show`,
  )
}
