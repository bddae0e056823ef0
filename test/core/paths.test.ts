import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, UserError } from '../../core/errors.ts'
import { expandHome, footmanPaths, privateFolder, socketPath } from '../../core/paths.ts'
import { tempDir } from '../support/temp-dir.ts'

const home = '/home/ann'

describe('the folders of footman', () => {
  it('are where the XDG specification puts them', () => {
    expect(footmanPaths({ home, env: {} })).toEqual({
      config: '/home/ann/.config/footman',
      state: '/home/ann/.local/state/footman',
      cache: '/home/ann/.cache/footman',
      runtime: '/home/ann/.local/state/footman',
    })
  })

  it('follow the variables', () => {
    const env = {
      XDG_CONFIG_HOME: '/c',
      XDG_STATE_HOME: '/s',
      XDG_CACHE_HOME: '/k',
      XDG_RUNTIME_DIR: '/run/user/7',
    }
    expect(footmanPaths({ home, env })).toEqual({
      config: '/c/footman',
      state: '/s/footman',
      cache: '/k/footman',
      runtime: '/run/user/7/footman',
    })
  })

  it('ignore variables that are empty or relative', () => {
    const env = { XDG_CONFIG_HOME: 'here', XDG_RUNTIME_DIR: '', XDG_STATE_HOME: './state' }
    expect(footmanPaths({ home, env })).toEqual(footmanPaths({ home, env: {} }))
  })
})

describe('a socket', () => {
  it('lies in the runtime folder', () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/7' }
    expect(socketPath('agent-1', { home, env })).toBe('/run/user/7/footman/agent-1.sock')
    expect(socketPath('agent-1', { home, env: {} })).toBe('/home/ann/.local/state/footman/agent-1.sock')
  })

  it('lies where its path fits, in the same place for everybody who asks', () => {
    const deep = { home: `/home/${'x'.repeat(100)}`, env: {}, uid: 7 }
    expect(socketPath('agent-1', { ...deep, tmp: '/var/tmp' })).toBe('/var/tmp/footman-7/agent-1.sock')
    expect(socketPath('agent-1', { ...deep, tmp: `/${'y'.repeat(100)}` })).toBe('/tmp/footman-7/agent-1.sock')
  })

  it('has a path that every system takes, also with letters of several bytes', () => {
    for (const length of [10, 40, 46, 47, 48, 60, 200]) {
      const path = socketPath('a', { home: `/home/${'ä'.repeat(length)}`, env: {}, tmp: '/tmp', uid: 7 })
      expect(Buffer.byteLength(path)).toBeLessThan(104)
    }
  })

  it('of an impossible name is refused', () => {
    expect(() => socketPath('x'.repeat(120), { home, env: {} })).toThrow(ConfigError)
  })
})

describe('a private folder', () => {
  const mode = async (path: string) => (await stat(path)).mode & 0o777

  it('is made with all its parents, for this user alone', async () => {
    const path = join(await tempDir(), 'a', 'b')
    expect(await privateFolder(path)).toBe(path)
    expect(await mode(path)).toBe(0o700)
    await privateFolder(path)
  })

  it('is closed when it stood open', async () => {
    const path = await tempDir()
    await chmod(path, 0o755)
    await privateFolder(path)
    expect(await mode(path)).toBe(0o700)
  })

  it('may be a link of this user to another disk', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'real'))
    await symlink(join(dir, 'real'), join(dir, 'link'))
    expect(await privateFolder(join(dir, 'link'))).toBe(join(dir, 'link'))
    expect(await mode(join(dir, 'real'))).toBe(0o700)
  })

  it('is refused when a file is in its place, or somebody else made it', async () => {
    const dir = await tempDir()
    await writeFile(join(dir, 'file'), '')
    await expect(privateFolder(join(dir, 'file'))).rejects.toThrow(UserError)
    await expect(privateFolder(join(dir, 'file', 'deeper'))).rejects.toThrow(UserError)
    await expect(privateFolder(dir, 4242)).rejects.toThrow('belongs to another user')
  })
})

it('expands ~ at the beginning only', () => {
  expect(expandHome('~/a/~/b', home)).toBe('/home/ann/a/~/b')
  expect(expandHome('~', home)).toBe('/home/ann')
  expect(expandHome('~ben/a', home)).toBe('~ben/a')
  expect(expandHome('/a/~', home)).toBe('/a/~')
})
