// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash

import { etcdctl } from './etcdctl.ts'
import type { FakeStep } from './fake-step.ts'

const configFile = '/tmp/footman-test-cutover.conf'

/**
 * An engine with an nginx in a container: its generation is the one of the file, and each reload gives it another
 * worker. What the step wrote goes with the last change in etcd.
 */
const docker = `
number() { cat "$FAKE_STATE/worker" 2>/dev/null || echo 100; }
case $* in
  top*) printf 'PID PPID COMMAND\\n10 1 nginx: master process nginx\\n%s 10 nginx: worker process\\n' "$(number)" ;;
  *'-s reload') sleep 0.2; echo $(($(number) + 1)) >"$FAKE_STATE/worker" ;;
  *' ask '*) sed -n 's/.*return 200 "\\(.*\\)".*/\\1/p' ${configFile} 2>/dev/null ;;
  stop*) sleep 0.4 ;;
esac
exit 0
`

/** A cutover that is neither finished nor taken back is held. */
const noteState = `
state=$(cat "$FAKE_STATE/etcd/_footman_apps_shop_state" 2>/dev/null)
case $state in
  '' | steady* | stopping*)
    rm -f "$FAKE_STATE/held/cutover"
    case $state in stopping*) ;; *) rm -f ${configFile} /tmp/.footman-test-cutover.conf.* ;; esac
    ;;
  *) : >"$FAKE_STATE/held/cutover" ;;
esac
`

/** What served before, as an earlier cutover left it. */
const before = `
mkdir -p "$FAKE_STATE/etcd"
if [ ! -e "$FAKE_STATE/etcd/_footman_apps_shop_state" ]; then
  printf 'steady 10.0.0.5:80 10.0.0.4:80 4' >"$FAKE_STATE/etcd/_footman_apps_shop_state"
  printf '10.0.0.5:80' >"$FAKE_STATE/etcd/_footman_apps_shop_backends_10.0.0.5:80"
fi
`

const parameters = {
  app: 'shop',
  nginxContainer: 'front',
  configFile,
  endpoints: ['http://10.0.0.1:2379', 'http://10.0.0.2:2379', 'http://10.0.0.3:2379'],
}

export const cutover: FakeStep = {
  tools: {
    etcdctl: `${before}${etcdctl}${noteState}`,
    docker,
    curl: 'exit 0',
    flock: 'exit 0',
    timeout: 'while case $1 in -*) true ;; *) false ;; esac do shift; done; shift; exec "$@"',
  },
  cases: [
    {
      title: 'a new container for an old one',
      parameters: {
        ...parameters,
        newBackends: ['10.0.0.6:80'],
        etcdLogin: 'etcd',
        verifyUrl: 'http://front.example.com/',
        stopContainer: 'shop-41',
      },
      credentials: { etcd: { username: 'deployer', password: 'secret' } },
    },
    { title: 'back to what served before', parameters: { ...parameters, phase: 'undo' } },
  ],
}
