import { forbidden, found, page, postRequired, text } from '../replies.ts'
import type { Call, Reply, Route, World } from '../world.ts'

export const quietDown: Route = administration((call, world) => {
  world.state.quietDown = { reason: call.form.get('message') }
  world.state.emit({ kind: 'quiet-down', on: true })
  return found(world, '/')
})

export const cancelQuietDown: Route = administration((_, world) => {
  world.state.quietDown = undefined
  world.state.emit({ kind: 'quiet-down', on: false })
  return found(world, '/')
})

/** Restarts when no build runs any more that could not be carried on. */
export const safeRestart: Route = administration((call, world) => {
  world.lifecycle.safeRestart(call.form.get('message'))
  return found(world, '/')
}, 'Safe restart - Jenkins')

export const restart: Route = administration((_, world) => {
  world.lifecycle.restart()
  return found(world, '/')
}, 'Restart Jenkins - Jenkins')

export const exit: Route = administration((_, world) => {
  world.lifecycle.exit()
  return text('Shutting down\n', 'text/plain;charset=iso-8859-1')
})

/** Verbs that the practice controller knows by name only. */
export const administerByPost: Route = administration(() => undefined)

/** POST by an administrator. A GET is 405, or a form of the given title. */
function administration(act: (call: Call, world: World) => Reply | undefined, formTitle?: string): Route {
  return (call, world) => {
    const unreadable = forbidden(call, world, 'hudson.model.Hudson.Read')
    if (unreadable) return unreadable
    if (call.method !== 'POST')
      return formTitle ? page(call, world, { status: 200, title: formTitle }) : postRequired(call, world)
    return forbidden(call, world, 'hudson.model.Hudson.Administer') ?? act(call, world)
  }
}
