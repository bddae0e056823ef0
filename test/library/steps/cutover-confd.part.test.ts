import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cutoverBench, killing } from '../support/cutover-bench.ts'
import { importImage } from '../support/image.ts'

describe.each(['fork', 'legacy'] as const)('cutover by confd, %s', (confdFlavor) => {
  test('renders by resource and template as documented, and checks what it rendered', async () => {
    const { bench, confd } = await confdBench(confdFlavor)
    const a = await bench.served()
    const b = await bench.backend('b')
    const builtin = await bench.file()
    const { status, log } = await confd({ newBackends: [b.address], stopCommand: killing(a) })
    expect({ status, log }).toMatchObject({ status: 0 })
    expect([await bench.answering(), await bench.state()]).toEqual([
      ['b'],
      `steady ${b.address} ${a.address} 3`,
    ])
    // Both renderers make the same of the same keys.
    expect(await bench.file()).toBe(builtin.replace(a.address, b.address).replace('shop 1"', 'shop 3"'))

    const kept = (name: string) => readFile(join(bench.folder, 'confd', name), 'utf8')
    expect(await kept('conf.d/shop.toml')).toBe(`[template]
src = "shop.tmpl"
dest = "${bench.configFile}"
mode = "0644"
prefix = "/footman/apps/shop"
keys = ["/backends", "/state"]
check_cmd = "bash ${bench.folder}/confd/check-upstream.sh {{.src}}"
reload_cmd = "kill -HUP $(cat ${bench.folder}/nginx.pid)"
`)
    expect(await kept('templates/shop.tmpl')).toContain(
      'upstream shop {\n{{range getvs "/backends/*"}}    server {{.}};\n{{end}}    keepalive 16;',
    )
  })

  test('repeats a reload that confd lost for ever', async () => {
    const { bench, confd } = await confdBench(confdFlavor, { FAKE_CONFD_RELOAD: 'lost' })
    await bench.served()
    const b = await bench.backend('b')
    const { status, log } = await confd({ newBackends: [b.address] })
    expect({ status, log }).toMatchObject({ status: 0 })
    expect(log).toContain('nginx has not taken the new generation yet, and is told again')
    expect(await bench.answering()).toEqual(['b'])
  })

  test('goes back when confd made another file than it should', async () => {
    const { bench, confd } = await confdBench(confdFlavor, { FAKE_CONFD: 'none' })
    const a = await bench.served()
    const b = await bench.backend('b')
    const before = await bench.file()
    const { status, log } = await confd({ newBackends: [b.address] })
    expect(status).toBe(1)
    expect(log).toContain(`confd did not make ${bench.configFile} what it should be`)
    expect([await bench.file(), await bench.backends()]).toEqual([before, [a.address]])
  })
})

describe('cutover by confd', () => {
  test('hands it no login, which it would show to everybody', async () => {
    const { bench } = await confdBench('fork')
    const call = await bench.call(
      { newBackends: ['127.0.0.1:9'], renderer: 'confd' },
      { STEP_ETCD_LOGIN_USER: 'x', STEP_ETCD_LOGIN_PASSWORD: 'y' },
    )
    const { status, log } = await call.phase('run')
    expect(status).toBe(1)
    expect(log).toContain('confd would show the password on its command line')
  })
})

describe('cutover of an nginx in a container', () => {
  test('works from outside, with the folder of the file mounted', async () => {
    const image = await importImage({
      programs: ['/usr/sbin/nginx'],
      files: { '/var/log/nginx/.keep': '', '/var/lib/nginx/.keep': '' },
    })
    const bench = await cutoverBench(image)
    const a = await bench.served()
    const b = await bench.backend('b')
    const slow = fetch(`${bench.url}slow`).then((answer) => answer.text())
    const { status, log } = await bench.run({ newBackends: [b.address], stopCommand: killing(a) })
    expect({ status, log }).toMatchObject({ status: 0 })
    expect([await bench.answering(), a.isAlive(), await slow]).toEqual([['b'], false, 'piece\n'.repeat(10)])

    await writeFile(join(bench.folder, 'conf.d/broken.conf'), 'server { nonsense on; }\n')
    const c = await bench.backend('c')
    const failed = await bench.run({ newBackends: [c.address] })
    expect(failed.status).toBe(1)
    expect(failed.log).toContain('unknown directive "nonsense"')
    expect([await bench.answering(), await bench.backends()]).toEqual([['b'], [b.address]])
  })
})

/** A front, and the step with a confd on its PATH. */
async function confdBench(confdFlavor: string, env: Record<string, string> = {}) {
  const bench = await cutoverBench()
  const bin = join(bench.folder, 'bin')
  await mkdir(bin)
  const stand = new URL('../../support/children/confd.mjs', import.meta.url).pathname
  await chmod(stand, 0o755)
  await symlink(stand, join(bin, 'confd'))
  const confd = async (parameters: Record<string, unknown>) => {
    const call = await bench.call(
      { ...parameters, renderer: 'confd', confdFlavor, confdDir: join(bench.folder, 'confd') },
      { PATH: `${bin}:${process.env.PATH ?? ''}`, FAKE_CONFD: confdFlavor, ...env },
    )
    return call.phase('run')
  }
  return { bench, confd }
}
