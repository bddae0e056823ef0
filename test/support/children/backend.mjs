import { createServer } from 'node:http'

/**
 * A backend of an app: `backend.mjs NAME [PORT [STARTS_MS]]`. Prints its port once it listens. Every answer names it in x-backend.
 * GET /slow takes two seconds in ten pieces, GET /endless never ends; a POST is answered with the length of what came; /status/503 with 503.
 */
const [name = '', port = '0', startsMs = '0'] = process.argv.slice(2)
const server = createServer((request, response) => {
  response.setHeader('x-backend', name)
  const status = /^\/status\/(\d{3})/.exec(request.url ?? '')
  if (status) return response.writeHead(Number(status[1])).end()
  if (request.url === '/slow') return drip(response, 10)
  if (request.url === '/endless') return drip(response, Number.POSITIVE_INFINITY)
  let length = 0
  request.on('data', (chunk) => (length += chunk.length))
  request.on('end', () => setTimeout(() => response.end(`${length}\n`), 20))
})
const tellPort = () => {
  const address = server.address()
  if (address && typeof address === 'object') process.stdout.write(`${address.port}\n`)
}
setTimeout(() => server.listen(Number(port), '127.0.0.1', tellPort), Number(startsMs))

/** @type {(response: import('node:http').ServerResponse, pieces: number) => void} */
function drip(response, pieces) {
  response.write('piece\n')
  if (pieces > 1) setTimeout(drip, 200, response, pieces - 1)
  else response.end()
}
