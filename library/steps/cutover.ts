import { defineStep } from '../definition.ts'
import { etcdAccess, etcdConstraints, etcdKey, etcdTool } from '../etcd-access.ts'
import { appName, backend, includedFile, plainPath, urlPath } from '../nginx-rules.ts'
import { containerName, duration, httpUrl } from '../rules.ts'

/**
 * Facts about nginx 1.22, etcd 3.4 and confd, tried out or read: a reload returns before it has happened
 * (nginx.org/en/docs/control.html); confd never repeats a reload that failed (kelseyhightower/confd and abtreece/confd
 * resource.go); `nginx -t` takes no snippet by itself.
 */
export const cutover = defineStep({
  name: 'cutover',
  summary:
    'Move the traffic of an app to new backends without a failed request, and back when something is wrong',
  description: [
    'nginx stands in front; which backends it sends to is written in etcd and rendered into a file that nginx includes. In the first phase the new backends come in beside the old ones, once they are healthy. In the second the old ones go out, and only when the last worker of nginx that knew them is gone are they stopped.',
    'A reload of nginx returns before it has happened. Each change therefore has a generation, for which fresh connections are asked until all of them find it; a reload that went missing is repeated.',
    "nginx has to include the file in its http block, e.g. by include /etc/nginx/conf.d/*.conf, and to send to it by proxy_pass http://APP, where APP is what app says. It refuses a proxy_pass to what it does not know, so the first cutover comes before that line. Give it worker_shutdown_timeout when there are connections that stay open for long, such as WebSockets, and proxy_http_version 1.1 with proxy_set_header Connection '' to have connections to the backends kept.",
    'One nginx belongs to one app and prefix. The step runs where this nginx is, as a user who may write the file and signal nginx.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    app: {
      type: 'string',
      required: true,
      rule: appName,
      summary: 'The name of the app, under which nginx knows its upstream',
    },
    newBackends: {
      type: 'list',
      rule: backend,
      summary: 'Where the app is to be served from now on; whatever serves it otherwise goes out',
    },
    phase: {
      type: 'choice',
      choices: ['both', 'add', 'remove', 'undo'],
      default: 'both',
      summary:
        'All of it; or only add the new ones, so that somebody may look before the next call removes the old ones, or takes it back by undo',
    },
    prefix: {
      type: 'string',
      rule: etcdKey,
      default: '/footman/apps',
      summary: 'Where etcd keeps its keys, by app',
    },
    ...etcdAccess,
    healthPath: {
      type: 'string',
      rule: urlPath,
      default: '/',
      summary: 'What a backend is asked for directly before it gets traffic; has to answer with 2xx',
    },
    healthChecks: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 3,
      summary: 'How many good answers in a row make it healthy',
    },
    healthTimeout: {
      type: 'string',
      rule: duration,
      default: '1m',
      summary: 'How long it may take to become healthy',
    },
    verifyUrl: {
      type: 'string',
      rule: httpUrl,
      summary: 'Asked through nginx after each phase; anything but 2xx takes the cutover back',
    },
    soak: {
      type: 'string',
      rule: duration,
      default: '0s',
      summary: 'How long verifyUrl is watched before the old backends are given up',
    },
    configFile: {
      type: 'string',
      rule: includedFile,
      summary: 'The file that nginx includes; otherwise /etc/nginx/conf.d/APP.conf',
    },
    generationPort: {
      type: 'integer',
      minimum: 1024,
      maximum: 65_535,
      default: 8989,
      summary: 'Where nginx tells its generation, on loopback only; apps may share it',
    },
    pidFile: {
      type: 'string',
      rule: plainPath,
      default: '/run/nginx.pid',
      summary: 'Where nginx notes its process',
    },
    nginxConfig: {
      type: 'string',
      rule: plainPath,
      summary: 'The main configuration of nginx; otherwise the one it was built with',
    },
    nginxContainer: {
      type: 'string',
      rule: containerName,
      summary:
        'The container in which nginx runs; the folder of configFile is mounted into it, the folder and not the file',
    },
    keepalive: {
      type: 'integer',
      unit: 'connections',
      minimum: 0,
      maximum: 10_000,
      default: 16,
      summary: 'How many idle connections each worker keeps to the backends',
    },
    keepaliveTimeout: {
      type: 'string',
      rule: duration,
      default: '4s',
      summary:
        'How long it keeps them; less than the backends do, or they close one that nginx is about to use',
    },
    reloadTimeout: {
      type: 'string',
      rule: duration,
      default: '30s',
      summary: 'How long nginx may take to serve a new generation',
    },
    drainTimeout: {
      type: 'string',
      rule: duration,
      default: '1m',
      summary: 'How long old workers may take to finish what they have begun',
    },
    longConnections: {
      type: 'choice',
      choices: ['wait', 'cut'],
      default: 'wait',
      summary: 'After drainTimeout take the cutover back, or cut the connections that are left',
    },
    stopContainer: {
      type: 'string',
      rule: containerName,
      summary: 'The old container, stopped at the end',
    },
    stopCommand: {
      type: 'text',
      summary: 'What stops the old backends at the end: a text for bash, which finds them in CUTOVER_OLD',
    },
    stopTimeout: { type: 'string', rule: duration, default: '30s', summary: 'How long stopping may take' },
    renderer: {
      type: 'choice',
      choices: ['builtin', 'confd'],
      default: 'builtin',
      summary: 'Who renders the file: the step, or a confd that it gives resource and template to',
    },
    confdFlavor: {
      type: 'choice',
      choices: ['fork', 'legacy'],
      default: 'fork',
      summary: 'How confd is called: as abtreece/confd 0.41 wants it, or as kelseyhightower/confd 0.16 does',
    },
    confdDir: {
      type: 'string',
      rule: plainPath,
      summary:
        'Where resource and template for confd stay, for one that runs all the time; otherwise nowhere',
    },
    lockTimeout: {
      type: 'string',
      rule: duration,
      default: '5m',
      summary: 'How long it waits for another cutover on this machine',
    },
  },
  constraints: [
    ...etcdConstraints,
    {
      kind: 'needs',
      parameter: 'phase',
      equals: 'both',
      needs: 'newBackends',
      because: 'it has to know where the traffic goes',
    },
    {
      kind: 'needs',
      parameter: 'phase',
      equals: 'add',
      needs: 'newBackends',
      because: 'they are what is added',
    },
    { kind: 'atMostOne', of: ['stopContainer', 'stopCommand'] },
  ],
  returns: {
    active: { type: 'list', summary: 'The backends that serve now' },
    previous: { type: 'list', summary: 'Those that served before' },
    generation: { type: 'integer', summary: 'The generation that nginx serves' },
    changed: { type: 'boolean', summary: 'False when the new backends served already' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it all took' },
  },
  tools: [
    etcdTool,
    { program: 'curl', package: 'curl' },
    { program: 'flock', package: 'util-linux' },
    { program: 'timeout', package: 'coreutils' },
    { program: 'nginx', package: 'nginx', when: 'unless nginxContainer is given' },
    { program: 'ps', package: 'procps', when: 'unless nginxContainer is given' },
    { program: 'docker', package: 'docker.io', when: 'when nginxContainer or stopContainer is given' },
  ],
  files: ['cutover/check-upstream.sh'],
  uses: ['etcd', 'app-state', 'upstream'],
  cleanup: [
    'A cutover that fails or is aborted is taken back before the step ends: the old backends serve alone again, and the new ones may be stopped.',
    'A hidden lock file stays beside configFile. Nothing is removed that serves.',
  ],
  onFailure: [
    'Before any change, e.g. when a new backend is not healthy: nothing has happened.',
    'In either phase: the old backends serve alone. A file that nginx did not take is replaced by the one before it; nginx itself keeps what it has until it takes another.',
    'When even that cannot be done, because nginx refuses its whole configuration: both serve or the last one does, neither may be stopped, and the step says so. Mend nginx, then call it with phase: undo.',
    'While the old backends are stopped: the new ones serve alone. The same call tries once more to stop the others.',
    'When the machine dies in the middle: whatever phase was reached stays, nothing is stopped that still gets traffic, and the same call goes on from there. A call with other backends is refused until then.',
    'The very first cutover has nothing to go back to: once nginx has taken it, it stays.',
  ],
  undo: [
    'While both serve: cutover(app: APP, phase: undo).',
    'Afterwards, with the old backends still there or started again: the same, or cutover(app: APP, newBackends: the old ones). They have to be healthy first, and no request is lost on this way either.',
  ],
  troubles: [
    {
      says: 'nginx did not serve generation',
      cure: 'nginx does not include the file, or could not load what it includes: its error log says which. nginx -s reload ends well in that case too.',
    },
    {
      says: 'workers of nginx still serve old connections',
      cure: 'WebSockets and long answers hold them. Set worker_shutdown_timeout in nginx, or say longConnections: cut.',
    },
    {
      says: 'clients with kept connections report a reset now and then',
      cure: 'Before 1.27.4 nginx closes idle connections at a reload the moment a client may be using them. Browsers, curl and most libraries repeat the request; from that version on set keepalive_min_timeout.',
    },
    {
      says: '502 in the moment of the switch although nothing was stopped',
      cure: 'The backend closes idle connections earlier than nginx does: make its limit longer than keepaliveTimeout.',
    },
    {
      says: 'the app answers with errors right after it was found healthy',
      cure: 'healthPath is answered before the app is warm. Let it answer with 503 until caches and pools are filled, and name a verifyUrl.',
    },
  ],
  examples: [
    {
      title: 'A new container for an old one',
      declarative:
        "cutover(\n    app: 'shop',\n    newBackends: ['172.18.0.5:8080'],\n    healthPath: '/health',\n    verifyUrl: 'http://127.0.0.1/health',\n    stopContainer: 'shop-41'\n)",
      scripted:
        "def moved = cutover(app: 'shop', newBackends: ['172.18.0.5:8080'], healthPath: '/health', stopContainer: 'shop-41')\necho 'generation ' + moved.generation",
    },
    {
      title: 'With a look in between',
      declarative:
        "cutover(app: 'shop', newBackends: ['172.18.0.5:8080'], phase: 'add')\ninput 'Does it look well?'\ncutover(app: 'shop', phase: 'remove')",
      scripted:
        "cutover(app: 'shop', newBackends: ['172.18.0.5:8080'], phase: 'add')\ndef answer = input(message: 'Does it look well?', parameters: [booleanParam(name: 'well')])\ncutover(app: 'shop', phase: answer ? 'remove' : 'undo')",
    },
  ],
})
