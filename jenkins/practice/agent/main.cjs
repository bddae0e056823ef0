const fs = require('node:fs')
const path = require('node:path')
const { openTcp, openWebSocket, Refused } = require('./channels.cjs')
const { log, messageOf, pause, speedup, version } = require('./console.cjs')
const { readOptions, usage } = require('./options.cjs')
const { openStdio } = require('./stdio.cjs')
const { createTasks } = require('./tasks.cjs')

/**
 * The practice agent: what the practice controller serves as /jnlpJars/agent.jar (put together by agent-jar.ts).
 *
 * It takes the options of Jenkins' agent.jar, prints the same markers, retries with the same pauses and ends with the same
 * exit codes (jenkinsci/remoting Launcher.java and Engine.java; times and codes recorded from remoting 3283), so that whatever
 * starts a real agent can start this one: `java -jar agent.jar …` with a `java` that runs Node.js, or `node agent.jar …`.
 *
 * It is NOT Jenkins remoting. Once connected it speaks the JSON frames of frames.ts, over TCP without the TLS of the real
 * JNLP4-connect protocol: it works with the practice controller only, and real agents do not work there.
 */

/** Command line in, exit code out: the code with which remoting would end. @param {string[]} argv */
async function main(argv) {
  let options
  try {
    options = readOptions(argv)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${usage}`)
    return 0
  }
  if (options.isHelp) process.stderr.write(usage)
  if (options.isVersion) process.stdout.write(`${version}\n`)
  if (options.isHelp || options.isVersion) return 0
  if (options.failIfWorkDirIsMissing && !fs.existsSync(options.workDir)) {
    log(`The work directory ${options.workDir} does not exist`, 'SEVERE')
    return 1
  }
  for (const folder of ['tasks', 'logs', 'jarCache']) {
    fs.mkdirSync(path.join(options.workDir, 'remoting', folder), { recursive: true })
  }
  const tasks = createTasks(options.workDir)
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ])) {
    process.on(signal, () => {
      tasks.killAll() // as a container that stops takes all of its processes along
      process.exit(code)
    })
  }
  return options.isStdio ? serveStdio(tasks) : stayConnected(options, tasks)
}

/**
 * Serves until the controller hangs up. Durable tasks go on without us; the next agent on this work directory finds them.
 * @param {import('./tasks.cjs').Tasks} tasks
 */
async function serveStdio(tasks) {
  const channel = await openStdio()
  tasks.serve(channel)
  await channel.closed
  return 0
}

/**
 * Connects, serves, connects again. Returns the exit code when the options say that it may give up.
 * @param {import('./options.cjs').Options} options
 * @param {import('./tasks.cjs').Tasks} tasks
 */
async function stayConnected(options, tasks) {
  const pausesS = options.isWebSocket ? [1, 3, 7, 10] : [10]
  let failures = 0
  let firstFailureMs = 0
  /** @type {string | undefined} */
  let cookie
  sayHello(options)
  for (;;) {
    try {
      const channel = await (options.isWebSocket ? openWebSocket(options, cookie) : openTcp(options))
      const openedMs = Date.now()
      failures = 0
      log('Connected')
      tasks.serve(channel)
      await channel.closed
      log('Terminated')
      if (options.noReconnect) return 0
      log('Performing onReconnect operation.')
      // Remoting starts itself anew here and forgets the cookie, except in its first seconds.
      cookie = Date.now() - openedMs < 5000 / speedup ? channel.cookie : undefined
      if (!cookie) sayHello(options)
      await pause(options.isWebSocket ? 1 : 10)
    } catch (error) {
      log(messageOf(error))
      if (failures++ === 0) firstFailureMs = Date.now()
      if (Date.now() - firstFailureMs > options.noReconnectAfterMs / speedup) {
        log('Bailing out after unsuccessful attempts to connect')
        return 0
      }
      // Remoting looks at -noReconnect only after a first WebSocket connection, but over TCP at once.
      const isLast = options.noReconnect && !options.isWebSocket
      if (isLast && !(error instanceof Refused)) return 255
      if (!options.isWebSocket && error instanceof Refused) log('reconnect rejected, sleeping 10s: ')
      await pause(pausesS[Math.min(failures, pausesS.length) - 1] ?? 10)
      if (isLast) return 0
    }
  }
}

/** @param {import('./options.cjs').Options} options */
function sayHello(options) {
  log("This is footman's practice agent: it works with the practice controller only")
  log(`Using ${path.join(options.workDir, 'remoting')} as a remoting work directory`)
  log(`Setting up agent: ${options.name}`)
  log(`Using Remoting version: ${version}`)
}

void main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    log(messageOf(error), 'SEVERE')
    process.exit(1)
  },
)
