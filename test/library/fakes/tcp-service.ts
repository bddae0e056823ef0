import type { FakeStep } from './fake-step.ts'

/** Holds its socket, or its port, until it is ended. */
const socat = `
mine=$FAKE_STATE/held/service
case " $* " in *TCP4-LISTEN*) mine=$FAKE_STATE/held/proxy ;; esac
: >"$mine"
trap 'rm -f "$mine"; exit 0' TERM
for word; do
  case $word in UNIX-LISTEN:*) perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "socket", Listen => 1)' ;; esac
done
while :; do sleep 0.05; done
`

/** Asked whether anything listens: no at first, then as soon as the proxy does, so that it is asked twice and no more. */
const awk = `
cat >/dev/null
if [ ! -e "$FAKE_STATE/asked" ]; then
  : >"$FAKE_STATE/asked"
  exit 1
fi
for try in $(seq 100); do
  [ ! -e "$FAKE_STATE/held/proxy" ] || exit 0
  sleep 0.05
done
exit 1
`

export const tcpService: FakeStep = {
  tools: { socat, awk, sqlite3: 'cat' },
  cases: [
    {
      title: 'a command',
      parameters: {
        command: 'sleep 0.5; echo done',
        program: ['sqlite3', 'a b.db'],
        bind: '0.0.0.0',
        port: 12345,
      },
    },
    {
      title: 'a body',
      parameters: { program: ['sqlite3', '-batch'], image: 'sqlite:3', idle: '5s', port: 12346 },
      body: 'sleep 0.5',
    },
  ],
}
