import { type Answer, isFromJenkins, titleOf, visibleText } from '../exchange.ts'
import type { Sight } from './health.ts'

/** What a page says of a controller that is not up, or not as it should be; undefined when it is just up. */
export type Told = Extract<Sight, { state: 'silent' | 'loading' | 'broken' | 'wizard' }> | undefined

/**
 * Reads the answer to a request for /login. Pages: recorded from Jenkins 2.498; the failed boot as in jenkinsci/jenkins
 * ErrorObject.java and its subclasses, the first password as in SetupWizard/authenticate-security-token.jelly.
 */
export function readPage(answer: Answer): Told {
  const { status } = answer
  if (status === 503 && /starting|restarting|getting ready to work/i.test(headline(answer))) {
    return { state: 'loading' }
  }
  // Of a request that failed inside a controller that is up, Jenkins tells its name beside the stack trace.
  if (status >= 500 && !isFromJenkins(answer)) {
    const trace = stackTrace(answer)
    return trace === undefined
      ? { state: 'silent', reason: `it answers ${status}${headline(answer) && ` "${headline(answer)}"`}` }
      : { state: 'broken', reason: trace }
  }
  return isWizard(answer) ? { state: 'wizard' } : undefined
}

function headline(answer: Answer): string {
  return titleOf(answer) || visibleText(answer).slice(0, 80)
}

/** The first line of a stack trace; undefined when the page shows none. */
function stackTrace(answer: Answer): string | undefined {
  const block = /<pre[^>]*>([\s\S]*?)<\/pre>/i.exec(answer.body.toString('utf8'))?.[1]?.trim()
  if (block === undefined) return undefined
  const isTrace = /^\s*at [\w.$<>/]+|Exception|Error/m.test(block)
  return isTrace ? (block.split('\n')[0]?.trim() ?? '') : undefined
}

function isWizard(answer: Answer): boolean {
  if (answer.status !== 200 || !isFromJenkins(answer)) return false
  return /Unlock Jenkins|plugin-setup-wizard|initialAdminPassword/.test(answer.body.toString('utf8'))
}
