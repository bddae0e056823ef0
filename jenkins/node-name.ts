import { UserError } from '../core/errors.ts'

const unsafe = '?*/\\%!@#$^&|<>[]:;'
const longestBytes = 255

/**
 * Refuses a node name that Jenkins would refuse, or that would break its disk: a name is also a directory there.
 * Throws UserError. Rules: jenkinsci/jenkins Jenkins.java checkGoodName; the length is recorded from Jenkins 2.498, which answers 500 beyond it.
 */
export function checkNodeName(name: string): void {
  const problem = nodeNameProblem(name)
  if (!problem) return
  throw new UserError(`${JSON.stringify(name)} cannot be the name of a Jenkins node: ${problem}`, {
    hint: 'use letters, digits, dot, dash and underscore, as in ann-laptop-1',
  })
}

/** What is wrong with a node name, in words that continue a sentence; undefined when it is fine. */
export function nodeNameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'it is empty'
  if (name !== name.trim()) return 'Jenkins cuts blanks off its ends'
  if (name === '.' || name === '..') return 'it means a directory'
  const control = [...name].find(isControl)
  if (control)
    return `it holds the control character U+${control.charCodeAt(0).toString(16).padStart(4, '0')}`
  const bad = [...name].find((character) => unsafe.includes(character))
  if (bad) return `${bad} is not allowed`
  if (name.endsWith('.')) return 'it ends with a dot'
  const bytes = Buffer.byteLength(name)
  if (bytes > longestBytes) return `it is ${bytes} bytes long, and ${longestBytes} are allowed`
  return undefined
}

/** Path of a node below the root URL, without slash at the end: `computer/ann%20laptop-1`. */
export function nodePath(name: string): string {
  return `computer/${encodeURIComponent(name)}`
}

function isControl(character: string): boolean {
  const code = character.charCodeAt(0)
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}
