const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { messageOf, pause, version } = require('./console.cjs')
const { readOutput } = require('./output.cjs')

/** @typedef {import('../frames.ts').ToAgent & { type: 'run' }} Task */
/** @typedef {import('./channels.cjs').Channel} Channel */
/** @typedef {ReturnType<typeof createTasks>} Tasks */

/** $0 is the task's folder, $@ what to run. It lives through a TERM of its group, to keep the exit code. */
const wrapper =
  'trap : TERM; echo $$ >"$0/pid"; "$@" >>"$0/log" 2>&1; echo $? >"$0/exit~"; mv "$0/exit~" "$0/exit"'

/**
 * Tasks live on disk, in `remoting/tasks` below the work directory, and in process groups of their own. So they outlive
 * connections, and an agent that was killed and started again on the same work directory finds them, as it is with
 * Jenkins' durable tasks.
 * @param {string} root the work directory
 */
function createTasks(root) {
  const home = path.join(root, 'remoting', 'tasks')
  const folderOf = (/** @type {string} */ id) => path.join(home, encodeURIComponent(id))
  const known = () => fs.readdirSync(home).map(decodeURIComponent)
  /** Processes that we started ourselves: they may be too young to have written their pid. @type {Map<string, number>} */
  const children = new Map()
  const pidOf = (/** @type {string} */ id) => children.get(id) ?? wrapperPid(folderOf(id))

  /** @param {Task} task */
  function start(task) {
    const folder = folderOf(task.id)
    if (fs.existsSync(folder)) return
    const cwd = path.resolve(root, task.directory)
    const script = path.join(folder, 'script')
    fs.mkdirSync(cwd, { recursive: true })
    fs.mkdirSync(folder)
    fs.writeFileSync(script, task.script, { mode: 0o700 })
    const command = task.script.startsWith('#!') ? [script] : ['/bin/sh', '-xe', script]
    const child = spawn('/bin/sh', ['-c', wrapper, folder, ...command], {
      cwd,
      env: { ...process.env, ...task.env },
      detached: true,
      stdio: 'ignore',
    })
    if (child.pid !== undefined) children.set(task.id, child.pid)
    child.on('exit', () => children.delete(task.id))
    child.on('error', () => children.delete(task.id))
  }

  /** @param {string} id */
  async function interrupt(id) {
    signalGroup(pidOf(id), 'SIGTERM')
    await pause(5)
    if (pidOf(id) === undefined) return
    fs.writeFileSync(path.join(folderOf(id), 'exit'), '137')
    signalGroup(pidOf(id), 'SIGKILL')
  }

  /** @param {string} id */
  function forget(id) {
    fs.rmSync(folderOf(id), { recursive: true, force: true })
  }

  /**
   * Sends what the controller has not seen yet; true when that was the last of it.
   * @param {Task} task
   * @param {Channel} channel
   */
  function report(task, channel) {
    if (channel.isFull()) return false
    // Looked at in this order nothing can slip through: a process that ended meanwhile has left its exit code.
    const wasAlive = pidOf(task.id) !== undefined
    const exit = readText(path.join(folderOf(task.id), 'exit'))
    const { text, bytes } = readOutput(path.join(folderOf(task.id), 'log'), task.seenBytes)
    task.seenBytes += bytes
    if (bytes > 0) channel.send({ type: 'output', id: task.id, text, seenBytes: task.seenBytes })
    if (bytes > 0 || (exit === undefined && wasAlive)) return false
    channel.send({ type: 'end', id: task.id, ...(exit !== undefined && { exitCode: Number(exit) }) })
    return true
  }

  /** Does what the controller says until the channel closes. @param {Channel} channel */
  function serve(channel) {
    /** @type {Map<string, Task>} */
    const followed = new Map()
    const timer = setInterval(() => {
      for (const [id, task] of followed) if (report(task, channel)) followed.delete(id)
    }, 50)
    channel.onFrame = (frame) => {
      if (frame.type === 'ping') channel.send({ type: 'pong' })
      if (frame.type === 'interrupt') void interrupt(frame.id)
      if (frame.type === 'forget') forget(frame.id)
      if (frame.type !== 'run') return
      try {
        start(frame)
        followed.set(frame.id, frame)
      } catch (error) {
        const text = `${messageOf(error)}\n`
        channel.send({ type: 'output', id: frame.id, text, seenBytes: Buffer.byteLength(text) })
        channel.send({ type: 'end', id: frame.id, exitCode: 126 })
      }
    }
    void channel.closed.then(() => {
      clearInterval(timer)
      for (const [id, task] of followed) if (!task.durable) void interrupt(id).then(() => forget(id))
    })
    channel.send({ type: 'hello', version, remoteFs: root, tasks: known() })
  }

  function killAll() {
    for (const id of known()) signalGroup(pidOf(id), 'SIGKILL')
  }

  return { serve, killAll }
}

/** @param {number | undefined} pid of the group's first process @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // it ended meanwhile
  }
}

/** The task's process while it lives, and not a stranger that got its number. @param {string} folder */
function wrapperPid(folder) {
  const pid = Number(readText(path.join(folder, 'pid')))
  if (!pid) return undefined
  try {
    process.kill(pid, 0)
    if (process.platform !== 'linux') return pid
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder) ? pid : undefined
  } catch {
    return undefined
  }
}

/** @param {string} file */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

module.exports = { createTasks }
