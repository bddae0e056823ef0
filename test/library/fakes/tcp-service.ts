import type { FakeStep } from './fake-step.ts'

/** Holds its socket, or its port, until it is ended. */
const socat = `
echo $$ >"$FAKE_STATE/held/socat-$$"
trap 'rm -f "$FAKE_STATE/held/socat-$$"; exit 0' TERM
for word; do
  case $word in UNIX-LISTEN:*) perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "socket", Listen => 1)' ;; esac
done
while :; do sleep 0.05; done
`

export const tcpService: FakeStep = {
  // Nothing listens in truth: awk looks for it.
  tools: { socat, awk: 'exit 0', sqlite3: 'cat' },
  cases: [
    {
      title: 'a command',
      parameters: { command: 'sleep 0.5; echo done', program: ['sqlite3', 'a b.db'], bind: '0.0.0.0' },
    },
    {
      title: 'a body',
      parameters: { program: ['sqlite3', '-batch'], image: 'sqlite:3', idle: '5s' },
      body: 'sleep 0.5',
    },
  ],
}
