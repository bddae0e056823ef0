import { RemoteError } from '../core/errors.ts'
import {
  type Answer,
  type Ask,
  type Controller,
  destination,
  isAbsence,
  isFromJenkins,
  isHtml,
  titleOf,
  visibleText,
} from './exchange.ts'
import { permissionName } from './permissions.ts'

type Verdict = ConstructorParameters<typeof RemoteError>
type Details = Verdict[2]

/**
 * What an answer that we did not hope for means, as an error with the cure. This is the one place that knows how Jenkins, the
 * servlet container and the proxies in front of them refuse. Headers and pages: recorded from Jenkins 2.498.
 */
export function refusal(ask: Ask, answer: Answer, controller: Controller): RemoteError {
  const [failure, reason, details] = verdict(ask, answer, controller)
  return new RemoteError(failure, `Cannot ${ask.doing}: ${reason}`, { ...details, status: answer.status })
}

/** An answer with a fine status whose content is not what was asked for. `detail` continues the sentence. */
export function unreadable(
  ask: Ask,
  answer: Answer,
  details: { controller: Controller; detail: string },
): RemoteError {
  const { controller, detail } = details
  const isPage = isHtml(answer)
  const title = titleOf(answer)
  const reason = isPage
    ? `${controller.root} answers with a web page${title && ` ("${title}")`} where data was expected`
    : `the answer of ${controller.root}${ask.path} is not understood: ${detail}`
  const hint = isFromJenkins(answer)
    ? 'this Jenkins is older or newer than footman knows, or a plugin changes its answers'
    : 'check controller.url: is it the root URL of Jenkins? A login page of a proxy or of the network you are in answers like this too'
  return new RemoteError('broken', `Cannot ${ask.doing}: ${reason}`, { hint, status: answer.status })
}

function verdict(ask: Ask, answer: Answer, controller: Controller): Verdict {
  const { status } = answer
  if (status >= 300 && status < 400) return elsewhere(ask, answer, controller)
  if (status === 503) return away(answer)
  if (status === 401) return unauthenticated(answer, controller)
  if (status === 403) return forbidden(answer, controller)
  if (status === 404) return absent(ask, answer, controller)
  if (status === 407) return ['unauthenticated', 'the proxy wants a user and a password', proxyLogin]
  // Queue.doCancelItem answers 422 to those who may not.
  if (status === 422) return lacks('hudson.model.Item.Cancel', controller.user)
  if (status === 429) return ['broken', 'we ask more often than a proxy in front of Jenkins allows', badProxy]
  if (status >= 500) return broken(answer, controller)
  return rejected(answer)
}

const badProxy: Details = { hint: 'look at the proxy in front of Jenkins' }

const proxyLogin: Details = {
  hint: 'put them into HTTPS_PROXY or HTTP_PROXY, as in http://user:password@proxy:3128',
}

function elsewhere(ask: Ask, answer: Answer, { root }: Controller): Verdict {
  const url = destination(ask, answer, root)
  if (!url) return ['broken', `${root} answers ${answer.status} without saying where to go`, badProxy]
  if (/login|oauth|saml|signin|openid|\bsso\b|\/auth\b/i.test(url.host + url.pathname)) {
    const reason = `${root} sends us to a login page at ${url.host}`
    return [
      'unauthenticated',
      reason,
      { hint: 'use an API token of Jenkins, and a URL that does not pass a single sign-on' },
    ]
  }
  const wanted = `/${ask.path.replace(/\/$/, '')}`
  const at = url.pathname.lastIndexOf(wanted)
  const suggestion = at < 0 ? `${url.origin}${url.pathname}` : `${url.origin}${url.pathname.slice(0, at + 1)}`
  const reason = `${root} is not the root URL of this Jenkins: it sends us to ${suggestion}`
  return ['rejected', reason, { hint: `set controller.url to ${suggestion}` }]
}

function away(answer: Answer): Verdict {
  const title = titleOf(answer)
  const state = /restart/i.test(title)
    ? 'is restarting'
    : /start/i.test(title)
      ? 'is starting'
      : 'is not ready (503)'
  return ['booting', `Jenkins ${state}`, { hint: 'wait a minute; footman tries again by itself' }]
}

function unauthenticated(answer: Answer, { root, user }: Controller): Verdict {
  const realm = /realm="([^"]*)"/i.exec(answer.headers['www-authenticate'] ?? '')?.[1]
  if (realm !== undefined && realm !== 'Jenkins') {
    const reason = `something in front of ${root} wants a login of its own ("${realm}")`
    return ['unauthenticated', reason, { hint: 'use a URL of Jenkins that does not pass that proxy' }]
  }
  return [
    'unauthenticated',
    `Jenkins does not accept the token of user ${user}`,
    {
      hint: 'make a new API token in Jenkins (your name, Security) and check controller.user and controller.token',
    },
  ]
}

function forbidden(answer: Answer, { root, user }: Controller): Verdict {
  const permission = answer.headers['x-required-permission']
  const who = answer.headers['x-you-are-authenticated-as'] ?? user
  if (permission !== undefined) return lacks(permission, who)

  const page = visibleText(answer)
  if (/No valid crumb/i.test(page)) {
    const reason = 'Jenkins wants a crumb with every change and does not take the one we got'
    return ['forbidden', reason, { hint: 'use an API token instead of the password: it needs no crumb' }]
  }
  if (/Authentication required/i.test(page)) {
    const reason = `no login arrived at ${root}`
    return [
      'unauthenticated',
      reason,
      { hint: 'a proxy in front of Jenkins may remove the Authorization header' },
    ]
  }
  // Several rights would do, or Job/Discover alone: then only the page says what is missing.
  const sentence = /Access Denied (.+?)(?: REST API| Jenkins \d|$)/i.exec(page)?.[1]
  if (isFromJenkins(answer)) {
    const hint = `ask an administrator of Jenkins to give ${who} that permission`
    return ['forbidden', sentence ?? `user ${who} may not`, { hint }]
  }
  const reason = `${root} answers 403, and it is not Jenkins who says so`
  return [
    'forbidden',
    reason,
    { hint: 'check controller.url, and what a proxy or firewall on the way lets through' },
  ]
}

function lacks(permission: string, user: string): Verdict {
  const name = permissionName(permission)
  const hint = `ask an administrator of Jenkins to give ${user} the permission ${name}`
  return ['forbidden', `user ${user} lacks the permission ${name}`, { hint, permission }]
}

function absent(ask: Ask, answer: Answer, controller: Controller): Verdict {
  const { root } = controller
  if (isAbsence(answer, controller)) {
    const reason = `Jenkins has nothing at ${ask.path}, or hides it from this user`
    return [
      'not-found',
      reason,
      { hint: 'check the name; without Overall/Read and Job/Read things look absent' },
    ]
  }
  const hint = `check controller.url: the context path may be missing or wrong, as in ${new URL(root).origin}/jenkins/`
  return ['not-found', `what answers at ${root} is not Jenkins`, { hint }]
}

function broken(answer: Answer, { root }: Controller): Verdict {
  if (!isFromJenkins(answer) && (answer.status === 502 || answer.status === 504)) {
    const reason = `a proxy in front of ${root} cannot reach Jenkins (${answer.status})`
    return ['unreachable', reason, { hint: 'is Jenkins running?' }]
  }
  const id = /Logging ID=([0-9a-f-]{36})/i.exec(visibleText(answer))?.[1]
  const hint = id
    ? `the reason is in the log of Jenkins, under Logging ID ${id}`
    : 'the reason is in the log of Jenkins or of the proxy before it'
  return ['broken', `Jenkins failed inside (${answer.status})`, { hint }]
}

function rejected(answer: Answer): Verdict {
  // X-Error lost its typographic quotes to blanks on the way through the servlet container.
  const said = answer.headers['x-error'] ?? titleOf(answer).replace(/^Error \d+ /, '')
  const reason = said.replace(/\s+/g, ' ').trim() || 'it gives no reason'
  const sentence = `Jenkins refuses (${answer.status}): ${reason}`
  if (/already exists/i.test(reason)) {
    return ['conflict', sentence, { hint: 'choose another name, or delete what has it' }]
  }
  return ['rejected', sentence, { hint: 'the log of Jenkins may say more' }]
}
