/** Where a controller in a container listens. */
export interface WebAddress {
  port: number
  /** '' or e.g. `/jenkins`. */
  prefix: string
}

/**
 * Port and prefix as Winstone, Jenkins' servlet container, would take them: from the arguments of the container and
 * JENKINS_OPTS, which the start script puts before them; the last one counts. Default 8080 and none. jenkinsci/docker jenkins.sh.
 */
export function webAddress(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): WebAddress {
  const options = [...words(env.JENKINS_OPTS ?? ''), ...args]
  const last = (name: string) =>
    options.findLast((option) => option.startsWith(`--${name}=`))?.slice(name.length + 3)
  const port = Number(last('httpPort') ?? 8080)
  const prefix = (last('prefix') ?? '').replace(/^\/*|\/*$/g, '')
  return { port: Number.isInteger(port) && port > 0 ? port : 8080, prefix: prefix && `/${prefix}` }
}

/** The script splits with xargs, which knows quotes. */
function words(text: string): string[] {
  return (text.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? []).map((word) => word.replace(/["']/g, ''))
}
