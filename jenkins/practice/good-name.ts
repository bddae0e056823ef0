/** What is wrong with a name of a node or label, in Jenkins' words; undefined when it will do. Jenkins.checkGoodName. */
export function nameProblem(name: string): string | undefined {
  if (name === '.' || name === '..') return `“${name}” is not an allowed name`
  if (/\p{Cc}/u.test(name)) {
    const shown = name.replace(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0)};`)
    return `No control code is allowed: ${shown}`
  }
  const unsafe = [...name].find((char) => '?*/\\%!@#$^&|<>[]:;'.includes(char))
  if (unsafe) return `‘${unsafe}’ is an unsafe character`
  return name.endsWith('.') ? 'A name cannot end with ‘.’' : undefined
}
