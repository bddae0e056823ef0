import { type Answer, isFromJenkins, titleOf, unescapeHtml, visibleText } from '../exchange.ts'
import type { Sight } from './health.ts'

/** What a page says of a controller that is not up, or not as it should be; undefined when it is just up. */
export type Told = Extract<Sight, { state: 'silent' | 'loading' | 'broken' | 'wizard' }> | undefined

/**
 * Reads the answer to a request for /login. Pages: recorded from Jenkins 2.498; the failed boot as in jenkinsci/jenkins
 * ErrorObject.java and the index.jelly of its subclasses, the first password as in SetupWizard/authenticate-security-token.jelly.
 */
export function readPage(answer: Answer): Told {
  const { status } = answer
  if (status === 503 && /starting|restarting|getting ready to work/i.test(headline(answer))) {
    return { state: 'loading' }
  }
  if (status >= 500 && isBootFailure(answer)) return { state: 'broken', reason: complaint(answer) }
  // A page of a controller that is up may fail; then it tells its name.
  if (status >= 500 && !isFromJenkins(answer)) {
    return { state: 'silent', reason: `it answers ${status}${headline(answer) && ` "${headline(answer)}"`}` }
  }
  return isWizard(answer) ? { state: 'wizard' } : undefined
}

function headline(answer: Answer): string {
  return titleOf(answer) || visibleText(answer).slice(0, 80)
}

/** All of these pages have the same heading, in whatever way the boot has failed. */
function isBootFailure(answer: Answer): boolean {
  const heading = /<h1[^>]*>([\s\S]*?)<\/h1>/i.exec(answer.body.toString('utf8'))?.[1] ?? ''
  return /^\W*Error\W*$/.test(heading.replace(/<[^>]*>|&[^;]*;/g, ' '))
}

/** The first line of the stack trace, or what stands there in its place. */
function complaint(answer: Answer): string {
  const trace = /<pre[^>]*>([\s\S]*?)<\/pre>/i.exec(answer.body.toString('utf8'))?.[1]?.trim()
  const [first] = trace ? unescapeHtml(trace).split('\n') : []
  return (first ?? visibleText(answer).replace(/^\W*Error\W*/, '')).slice(0, 300)
}

function isWizard(answer: Answer): boolean {
  if (answer.status !== 200 || !isFromJenkins(answer)) return false
  return /Unlock Jenkins|plugin-setup-wizard|initialAdminPassword/.test(answer.body.toString('utf8'))
}
