/** What the practice agent says of itself, to controllers that ask for a minimum. */
const version = '3283.v92c105e0f819'

/** FOOTMAN_PRACTICE_SPEEDUP=n divides every pause and patience of the agent by n. For tests. */
const speedup = Number(process.env.FOOTMAN_PRACTICE_SPEEDUP) || 1

/** A record on stderr as java.util.logging prints it. @param {string} message @param {string} [level] */
function log(message, level = 'INFO') {
  const time = new Date().toLocaleString('en-US', { dateStyle: 'medium', timeStyle: 'medium' })
  const plain = time.replace(/(\d{4}),/, '$1').replace(/\s/g, ' ')
  process.stderr.write(`${plain} hudson.remoting.Launcher$CuiListener status\n${level}: ${message}\n`)
}

/** @param {number} seconds @returns {Promise<void>} */
function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / speedup))
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error)
}

module.exports = { version, speedup, log, pause, messageOf }
