const fs = require('node:fs')
const path = require('node:path')

/** @typedef {ReturnType<typeof readOptions>} Options */

const flags = [
  '-webSocket',
  '-noReconnect',
  '-failIfWorkDirIsMissing',
  '-noCertificateCheck',
  '-noKeepAlive',
  '-text',
  '-version',
  '-help',
]
const valued = [
  '-url',
  '-name',
  '-secret',
  '-workDir',
  '-noReconnectAfter',
  '-webSocketHeader',
  '-tunnel',
  '-cert',
  // Accepted and without effect here:
  '-internalDir',
  '-jar-cache',
  '-agentLog',
  '-loggingConfig',
  '-credentials',
  '-proxyCredentials',
]

const usage = `java -jar agent.jar [options...]\n${[...flags, ...valued.map((name) => `${name} VALUE`)]
  .map((line) => ` ${line}\n`)
  .join('')}`

/**
 * The options of agent.jar as jenkinsci/remoting Launcher.java declares them; an argument `@file` stands for the file's lines.
 * Throws with the reason when they cannot be used.
 * @param {string[]} argv
 */
function readOptions(argv) {
  const given = parse(argv)
  const one = (/** @type {string} */ name) => given.get(name)?.[0]
  const isWebSocket = given.has('-webSocket')
  const isHelp = given.has('-help')
  const isVersion = given.has('-version')
  const patience = one('-noReconnectAfter')
  const needed = ['-url', '-name', '-secret']
  const isStdio = !needed.some((name) => given.has(name))
  if (!isHelp && !isVersion && !isStdio) {
    for (const name of needed) {
      if (!one(name)) throw new Error(`option "${name}" is needed`)
    }
  }
  for (const name of ['-tunnel', '-noKeepAlive']) {
    if (isWebSocket && given.has(name)) throw new Error(`option "${name}" cannot be used with -webSocket`)
  }
  if (patience && given.has('-noReconnect')) {
    throw new Error('option "-noReconnectAfter" cannot be used with -noReconnect')
  }
  return {
    isHelp,
    isVersion,
    /** Nobody to dial: the controller speaks over standard input and output. */
    isStdio,
    isWebSocket,
    url: (one('-url') ?? '').replace(/\/*$/, '/'),
    name: one('-name') ?? '',
    secret: one('-secret') ?? '',
    workDir: path.resolve(one('-workDir') ?? '.'),
    failIfWorkDirIsMissing: given.has('-failIfWorkDirIsMissing'),
    noReconnect: given.has('-noReconnect'),
    noReconnectAfterMs: patience === undefined ? Number.POSITIVE_INFINITY : readDuration(patience),
    tunnel: one('-tunnel'),
    headers: readHeaders(given.get('-webSocketHeader') ?? []),
    tls: readTls(one('-cert'), given.has('-noCertificateCheck')),
  }
}

/** @param {string[]} argv */
function parse(argv) {
  /** @type {Map<string, string[]>} */
  const given = new Map()
  const words = argv.flatMap((word, at) =>
    word.startsWith('@') && argv[at - 1] !== '-cert' ? linesOf(word.slice(1)) : [word],
  )
  for (let at = 0; at < words.length; at++) {
    const name = words[at] ?? ''
    if (!flags.includes(name) && !valued.includes(name)) throw new Error(`"${name}" is not a valid option`)
    const value = valued.includes(name) ? words[++at] : ''
    if (value === undefined) throw new Error(`option "${name}" takes an operand`)
    given.set(name, [...(given.get(name) ?? []), value])
  }
  return given
}

/** @param {string} file */
function linesOf(file) {
  if (!fs.existsSync(file)) throw new Error(`no such file: ${file}`)
  return fs.readFileSync(file, 'utf8').trimEnd().split(/\r?\n/)
}

/** Milliseconds of e.g. `30s`, `10m`, `1d`, `PT1H`. @param {string} text */
function readDuration(text) {
  const match =
    /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/i.exec(text) ??
    /^P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/i.exec(text)
  if (!match) throw new Error(`"${text}" is not a duration`)
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

/** @param {string[]} pairs each `Name=Value` */
function readHeaders(pairs) {
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

/** @param {string | undefined} cert PEM text, or `@` and a file @param {boolean} trustsAnybody */
function readTls(cert, trustsAnybody) {
  if (trustsAnybody) return { rejectUnauthorized: false }
  if (cert === undefined) return {}
  return { ca: cert.startsWith('@') ? linesOf(cert.slice(1)).join('\n') : cert }
}

module.exports = { readOptions, usage }
