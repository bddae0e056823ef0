import { etcdctl } from './etcdctl.ts'
import type { FakeStep } from './fake-step.ts'

/** A watch lives until it is ended; the key that it is about changes meanwhile. */
const watching = `
if [ "$1" = watch ]; then
  : >"$FAKE_STATE/held/watch"
  trap 'rm -f "$FAKE_STATE/held/watch"; exit 0' TERM
  FAKE_STATE=$FAKE_STATE bash -c 'sleep 0.4; mkdir -p "$0/etcd"; echo yes >"$0/etcd/_app_ready"' "$FAKE_STATE"
  printf 'PUT\\n/app/ready\\nyes\\n'
  sleep infinity &
  wait
fi
`

export const etcdConfig: FakeStep = {
  tools: { etcdctl: `${watching}${etcdctl}` },
  cases: [
    {
      title: 'writing a secret',
      parameters: { action: 'put', key: '/app/password', valueSecret: 'password', etcdLogin: 'etcd' },
      credentials: { password: { value: 'secret' }, etcd: { username: 'deployer', password: 'secret' } },
    },
    {
      title: 'swapping what is not there',
      parameters: { action: 'cas', key: '/app/owner', expectRevision: 0, value: 'me' },
    },
    { title: 'waiting', parameters: { action: 'watch', key: '/app/ready', until: 'yes' } },
    { title: 'asking how it is', parameters: { action: 'health' } },
  ],
}
