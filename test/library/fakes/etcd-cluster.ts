import { etcdctl } from './etcdctl.ts'
import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

/** A member that says that it is there, and serves until it is ended. */
const etcd = `
: >"$FAKE_STATE/held/etcd-$$"
trap 'rm -f "$FAKE_STATE/held/etcd-$$"; exit 0' TERM
echo 'ready to serve client requests'
sleep infinity &
wait
`

export const etcdCluster: FakeStep = {
  tools: { etcd, etcdctl, docker },
  cases: [
    { title: 'a command', parameters: { command: 'sleep 0.5; etcd-cluster list', firstPort: 23790 } },
    {
      title: 'a body beside containers',
      parameters: { image: 'example/etcd:3.4' },
      body: 'etcd-cluster status',
    },
  ],
}
