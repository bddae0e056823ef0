#!/usr/bin/env node
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, matchesGlob } from 'node:path'

/**
 * Stands in for confd, which Debian does not have: takes what both flavours document and nothing else, and goes the way of
 * their resource.go: fetch, render beside the target, compare, check, rename, reload. FAKE_CONFD is the flavour; with
 * FAKE_CONFD_RELOAD=lost its reload fails, which neither of them repeats.
 * Sources: kelseyhightower/confd docs/command-line-flags.md and docs/template-resources.md, abtreece/confd likewise.
 */
/** @type {Record<string, Record<string, number>>} */
const flags = {
  legacy: {
    '-backend': 1,
    '-onetime': 0,
    '-confdir': 1,
    '-node': 1,
    '-client-ca-keys': 1,
    '-client-cert': 1,
    '-client-key': 1,
  },
  fork: {
    '--onetime': 0,
    '--confdir': 1,
    '--node': 1,
    '--client-ca-keys': 1,
    '--client-cert': 1,
    '--client-key': 1,
  },
}
/** @typedef {{ src: string, dest: string, keys: string[], mode: string, prefix: string, check_cmd: string, reload_cmd: string }} Resource */

/** Of [template]; what only one of them knows is not among them. */
const resourceKeys = ['src', 'dest', 'keys', 'mode', 'prefix', 'check_cmd', 'reload_cmd']
const { FAKE_CONFD: flavor = '', FAKE_CONFD_RELOAD: reload } = process.env

const given = readFlags(process.argv.slice(2))
const folder = given.confdir?.[0] ?? fail('no --confdir')
for (const name of readdirSync(join(folder, 'conf.d')).filter((name) => name.endsWith('.toml'))) {
  sync(readResource(readFileSync(join(folder, 'conf.d', name), 'utf8')))
}

/** @type {(words: string[]) => Record<string, string[]>} */
function readFlags(words) {
  const known = flags[flavor] ?? fail(`no flavour ${flavor}`)
  if (flavor === 'fork' && words.shift() !== 'etcd') fail('expected one of consul, etcd, vault')
  /** @type {Record<string, string[]>} */
  const values = {}
  while (words.length > 0) {
    const flag = words.shift() ?? ''
    if (!(flag in known)) fail(`flag provided but not defined: ${flag}`)
    const name = flag.replace(/^-+/, '')
    values[name] = [...(values[name] ?? []), known[flag] ? (words.shift() ?? '') : 'true']
  }
  if (flavor === 'legacy' && values.backend?.[0] !== 'etcdv3') fail('version 2 of etcd is gone')
  return values
}

/** @type {(text: string) => Resource} */
function readResource(text) {
  /** @type {Record<string, any>} */
  const resource = {}
  const [head, ...lines] = text.trim().split('\n')
  if (head !== '[template]') fail(`no [template] but ${head}`)
  for (const line of lines) {
    const [, key = '', value = ''] = /^([a-z_]+) = (.*)$/.exec(line) ?? fail(`no TOML: ${line}`)
    if (!resourceKeys.includes(key)) fail(`unknown key ${key}`)
    // Texts and lists of texts without odd characters are alike in TOML and JSON.
    resource[key] = JSON.parse(value)
  }
  return /** @type {Resource} */ (resource)
}

/** @type {(resource: Resource) => void} */
function sync({ src, dest, keys, mode, prefix, check_cmd: check, reload_cmd: command }) {
  const store = Object.assign({}, ...keys.map((key) => fetchKeys(prefix, key)))
  const text = render(readFileSync(join(folder, 'templates', src), 'utf8'), store)
  const staged = join(dirname(dest), `.${basename(dest)}${process.pid}`)
  writeFileSync(staged, text)
  chmodSync(staged, Number.parseInt(mode, 8))
  if (existsSync(dest) && readFileSync(dest, 'utf8') === text) return unlinkSync(staged)
  execFileSync('/bin/sh', ['-c', check.replaceAll('{{.src}}', staged)], { stdio: 'inherit' })
  renameSync(staged, dest)
  if (reload === 'lost') fail('the reload failed')
  execFileSync('/bin/sh', ['-c', command], { stdio: 'inherit' })
}

/** @type {(prefix: string, key: string) => Record<string, string>} */
function fetchKeys(prefix, key) {
  const env = { ...process.env, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: given.node?.join(',') }
  const answer = execFileSync('etcdctl', ['get', '--prefix', '-w', 'json', prefix + key], {
    env,
    encoding: 'utf8',
  })
  /** @type {(base64: string) => string} */
  const text = (base64) => Buffer.from(base64, 'base64').toString()
  /** @type {{ key: string, value: string }[]} */
  const found = JSON.parse(answer).kvs ?? []
  const pairs = found.map(({ key, value }) => [text(key).slice(prefix.length), text(value)])
  return Object.fromEntries(pairs)
}

/**
 * As much of Go's templates as there is reason to use.
 * @type {(template: string, store: Record<string, string>) => string}
 */
function render(template, store) {
  /** @type {(pattern: string) => string[]} */
  const values = (pattern) =>
    Object.keys(store)
      .filter((key) => matchesGlob(key, pattern))
      .sort()
      .map((key) => store[key] ?? '')
  const text = template
    .replaceAll(/\{\{range getvs "([^"]+)"\}\}([\s\S]*?)\{\{end\}\}/g, (_, pattern, body) =>
      values(pattern)
        .map((value) => body.replaceAll('{{.}}', value))
        .join(''),
    )
    .replaceAll(
      /\{\{index \(split \(getv "([^"]+)"\) "([^"]+)"\) (\d+)\}\}/g,
      (_, key, separator, index) => store[key]?.split(separator)[Number(index)] ?? '',
    )
  return text.includes('{{') ? fail(`what is ${text.slice(text.indexOf('{{'))}`) : text
}

/** @type {(message: string) => never} */
function fail(message) {
  process.stderr.write(`confd: ${message}\n`)
  process.exit(1)
}
