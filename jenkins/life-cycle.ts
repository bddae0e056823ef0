import type { JenkinsHttp } from './http.ts'
import type { Jenkins } from './jenkins.ts'

/** Quieting the controller down and restarting it. All need Overall/Administer, as long as Overall/Manage is not switched on. */
export function lifeCycleCalls(
  http: JenkinsHttp,
): Pick<Jenkins, 'safeRestart' | 'restart' | 'quietDown' | 'cancelQuietDown'> {
  return {
    safeRestart: (signal) => verb(http, 'safeRestart', { doing: 'restart Jenkins', signal }),
    restart: (signal) => verb(http, 'restart', { doing: 'restart Jenkins at once', signal }),
    quietDown: (message, signal) =>
      verb(http, 'quietDown', { doing: 'quiet Jenkins down', form: { message }, signal }),
    cancelQuietDown: (signal) => verb(http, 'cancelQuietDown', { doing: 'let Jenkins build again', signal }),
  }
}

interface Verb {
  doing: string
  form?: Record<string, string>
  signal: AbortSignal | undefined
}

async function verb(http: JenkinsHttp, path: string, options: Verb): Promise<void> {
  await http.ask({ ...options, method: 'POST', path, expect: [302], landsOn: /^(manage\/?)?$/ })
}
